import { defineSystem } from "../define.ts";
import { customSchema } from "./config.ts";

export const customDefinition = defineSystem({
  name: "custom",
  title: "Custom model",
  paper: "-",
  description: "A model that a program passes to `train` as a task.",
  schema: customSchema,
  reads: "any",
  texts: () => "samples",
  sizes: () => ({ layers: 0, experts: 0 }),
  pages: ["mosaic", "tokens", "experts", "attention", "confusion"],
});
