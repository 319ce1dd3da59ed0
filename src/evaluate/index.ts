/** What a trained model is asked for: continuations of text, captions, retrieval, classes. */
export { type Beam, type BeamSearchOptions, beamSearch } from "./beam-search.ts";
export { bleuScores } from "./bleu.ts";
export { type CaptionScores, captionScores } from "./caption-scores.ts";
export { ciderScores } from "./cider.ts";
export { type ClassAccuracy, classAccuracy } from "./class-accuracy.ts";
export { createDecoder, type Decoder, type DecoderOptions, type PrefixRows } from "./decoder.ts";
export type { SequenceRouting, TokenChoice, TokenExperts } from "./decoder-routing.ts";
export type { DecoderState, PerSequence } from "./decoder-state.ts";
export {
  type DomainRecord,
  type SelectedAccuracy,
  type SelectionMethod,
  type SelectionQuery,
  selectAccuracy,
  selectionMethods,
} from "./domains.ts";
export {
  type DomainTable,
  type DomainTableCell,
  type DomainTableOptions,
  type DomainTableRow,
  domainTable,
  domainTableMarkdown,
  domainTableText,
  type Estimate,
  estimate,
  formatEstimate,
} from "./domains-table.ts";
export {
  collect,
  type Ending,
  type GenerateOptions,
  type Generation,
  type GenerationStep,
  generate,
} from "./generate.ts";
export { type KnnOptions, knnVotes } from "./knn-probe.ts";
export {
  type LabelledEmbeddings,
  type LinearClassifier,
  type LinearProbe,
  type LinearProbeOptions,
  type LogisticRegressionOptions,
  linearLogits,
  linearProbe,
  logisticRegression,
} from "./linear-probe.ts";
export { decodeNpy, encodeNpy } from "./npy.ts";
export { firstTokens, promptTokens, tokenTexts } from "./prompt.ts";
export { type RetrievalScores, retrievalScores } from "./retrieval.ts";
export { rougeL } from "./rouge-l.ts";
export {
  logProbabilities,
  nextTokenProbabilities,
  type SamplingOptions,
  sampleToken,
} from "./sampling.ts";
export {
  cosineMatrix,
  type Embeddings,
  forEachRow,
  largest,
  normalizeRows,
} from "./similarity.ts";
export type { TextOptions } from "./text-stream.ts";
export { tokenizeCaption } from "./tokenize-captions.ts";
export type { WindowOptions } from "./window.ts";
export {
  type ClassScores,
  classEmbeddings,
  classPrompts,
  probabilities,
  zeroShotLogits,
} from "./zero-shot.ts";
