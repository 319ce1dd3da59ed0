/** Tokenizers that need no file and no package; `clip.ts` and `files.ts` have the others. */

export { createTokenizer } from "./create.ts";
export { encodeFixed, type FixedTokens } from "./encode-fixed.ts";
export { type LearnedKind, type LearnOptions, learnedKinds, learnTokenizer } from "./learn.ts";
export type {
  DecodeOptions,
  EncodeOptions,
  SpecialName,
  Tokenizer,
  TokenizerState,
} from "./tokenizer.ts";
