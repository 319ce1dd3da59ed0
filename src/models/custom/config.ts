/** Your own model in a configuration. */
import * as z from "zod";

/**
 * The `model` part of a run whose model is not a system of the toolkit: `train(config, { task })`
 * receives the model as a function, which no configuration can describe.
 */
export const customSchema = z.strictObject({
  system: z.literal("custom"),
  /** What the model is called. */
  name: z.string().min(1).optional(),
});
