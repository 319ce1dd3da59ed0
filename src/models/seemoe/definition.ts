import { defineSystem } from "../define.ts";
import { moeExperts } from "../moe-experts.ts";
import { type SeeMoeSettings, seeMoeSchema } from "./config.ts";

export const seeMoeDefinition = defineSystem({
  name: "seemoe",
  title: "SeeMoE",
  paper: "github.com/AviSoori1x/seemore",
  description: "Vision-language model: a vision tower and a decoder with experts.",
  schema: seeMoeSchema,
  reads: "image",
  pages: ["mosaic", "tokens", "experts", "attention", "playground"],
  answers: () => "captioner",
  readsText: () => true,
  experts: moeExperts<SeeMoeSettings>(),
});
