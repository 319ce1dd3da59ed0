/** What a trained model is asked for: continuations of text, retrieval, captions. */
export { type Beam, type BeamSearchOptions, beamSearch } from "./beam-search.ts";
export { bleuScores } from "./bleu.ts";
export { type CaptionScores, captionScores } from "./caption-scores.ts";
export { ciderScores } from "./cider.ts";
export { createDecoder, type Decoder, type DecoderOptions } from "./decoder.ts";
export type { DecoderState, PerSequence, TokenExperts } from "./decoder-state.ts";
export {
  collect,
  type GenerateOptions,
  type Generation,
  type GenerationStep,
  generate,
} from "./generate.ts";
export { promptTokens, tokenTexts } from "./prompt.ts";
export { type Embeddings, type RetrievalScores, retrievalScores } from "./retrieval.ts";
export { rougeL } from "./rouge-l.ts";
export {
  logProbabilities,
  nextTokenProbabilities,
  type SamplingOptions,
  sampleToken,
} from "./sampling.ts";
export type { TextOptions } from "./text-stream.ts";
export { tokenizeCaption } from "./tokenize-captions.ts";
export type { WindowOptions } from "./window.ts";
