import { defineSystem } from "../define.ts";
import { moeExperts } from "../moe-experts.ts";
import { type MoeDecoderSettings, moeDecoderSchema } from "./config.ts";

export const moeDecoderDefinition = defineSystem({
  name: "moe-decoder",
  title: "makeMoE, Switch",
  paper: "arXiv:2101.03961, github.com/AviSoori1x/makeMoE",
  description: "Causal language model with experts.",
  schema: moeDecoderSchema,
  reads: "stream",
  pages: ["tokens", "experts", "playground"],
  answers: () => "language-model",
  readsText: () => true,
  experts: moeExperts<MoeDecoderSettings>(),
});
