import { defineSystem } from "../define.ts";
import { denseBlocks, moeExperts } from "../experts.ts";
import { moeBlockSizes } from "../sizes.ts";
import { createMoeDecoder, moeDecoderSchema } from "./config.ts";

export const moeDecoderDefinition = defineSystem({
  name: "moe-decoder",
  title: "makeMoE",
  paper: "github.com/AviSoori1x/makeMoE",
  description: "A causal language model with experts in some or all of its blocks.",
  schema: moeDecoderSchema,
  reads: "stream",
  answers: () => "language-model",
  experts: { ...moeExperts, dense: denseBlocks },
  sizes: moeBlockSizes,
  pages: ["tokens", "experts", "playground"],
  languageModel: createMoeDecoder,
});
