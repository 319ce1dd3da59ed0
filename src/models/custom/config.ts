/** Settings of a custom model. */
import * as z from "zod";

/**
 * The `model` part of a run whose model is not a system of the toolkit: a program passes the model as a
 * function to `train(config, { task })`.
 */
export const customSchema = z.strictObject({
  system: z.literal("custom").describe("Name of the system."),
  name: z.string().min(1).optional().describe("Name of the model."),
});
