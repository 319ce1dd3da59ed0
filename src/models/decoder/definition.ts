import { defineSystem } from "../define.ts";
import { moeExperts } from "../experts.ts";
import { moeBlockSizes } from "../sizes.ts";
import { createDecoderModel } from "./config.ts";
import { decoderSchema } from "./settings.ts";

export const decoderDefinition = defineSystem({
  name: "decoder",
  title: "Decoder",
  paper: "arXiv:2401.04088",
  description:
    "A language model with rotary positions, RMS norms, shared keys and values, and gated experts.",
  schema: decoderSchema,
  reads: "stream",
  answers: () => "language-model",
  experts: moeExperts,
  sizes: moeBlockSizes,
  pages: ["tokens", "experts", "playground"],
  languageModel: createDecoderModel,
});
