/** Uses of a trained model: text generation, caption scores, retrieval, classification. */

export { bleuScores } from "./captions/bleu.ts";
export { type CaptionScores, captionScores } from "./captions/caption-scores.ts";
export { ciderScores } from "./captions/cider.ts";
export { rougeL } from "./captions/rouge-l.ts";
export { tokenizeCaption } from "./captions/tokenize-captions.ts";
export { type ClassAccuracy, classAccuracy } from "./class-accuracy.ts";
export {
  type DomainRecord,
  type SelectedAccuracy,
  type SelectionMethod,
  type SelectionQuery,
  selectAccuracy,
  selectionMethods,
} from "./domains/model-selection.ts";
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
} from "./domains/table.ts";
export { type Beam, type BeamSearchOptions, beamSearch } from "./generate/beam-search.ts";
export {
  createDecoder,
  type Decoder,
  type DecoderOptions,
} from "./generate/decoder.ts";
export type { SequenceRouting, TokenChoice, TokenExperts } from "./generate/decoder-routing.ts";
export type { PrefixRows } from "./generate/decoder-session.ts";
export type { DecoderState, PerSequence } from "./generate/decoder-state.ts";
export {
  collect,
  type Ending,
  type GenerateOptions,
  type Generation,
  type GenerationStep,
  generate,
} from "./generate/generate.ts";
export { firstTokens, promptTokens, tokenTexts } from "./generate/prompt.ts";
export {
  logProbabilities,
  nextTokenProbabilities,
  type SamplingOptions,
  sampleToken,
} from "./generate/sampling.ts";
export type { TextOptions } from "./generate/text-stream.ts";
export type { WindowOptions } from "./generate/window.ts";
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
export { type RetrievalScores, retrievalScores } from "./retrieval.ts";
export {
  cosineMatrix,
  type Embeddings,
  forEachRow,
  largest,
  normalizeRows,
} from "./similarity.ts";
export {
  type ClassScores,
  classEmbeddings,
  classPrompts,
  probabilities,
  zeroShotLogits,
} from "./zero-shot.ts";
