import { defineSystem } from "../define.ts";
import { customSchema } from "./config.ts";

/** A model that a program passes to `train(config, { task })`; no configuration describes it. */
export const customDefinition = defineSystem({
  name: "custom",
  title: "Custom model",
  paper: "none",
  description: "A model of your own, passed to train as a task.",
  schema: customSchema,
  reads: "any",
  pages: ["mosaic", "tokens", "experts", "attention", "confusion"],
  answers: () => undefined,
  readsText: () => false,
});
