/** Run directories: checkpoints, metrics, and trained models opened from them. */
export {
  applyChatTemplate,
  type ChatMessage,
  type ChatTemplateOptions,
} from "./chat/apply-chat-template.ts";
export { type Checkpoint, listCheckpoints } from "./checkpoints/checkpoint-store.ts";
export { type EmbeddingTable, writeEmbeddings } from "./embedding/write-embeddings.ts";
export type {
  AddEdit,
  ExpertEdit,
  MergeEdit,
  NamedExperts,
  RemoveEdit,
  UpcycleEdit,
} from "./experts/expert-edits.ts";
export {
  type ListedExpert,
  type ListedExperts,
  type ListedLayer,
  listRunExperts,
} from "./experts/list-experts.ts";
export {
  type ExportedLiveModel,
  type ExportLiveModelOptions,
  encodeLiveModel,
  exportLiveModel,
  exportLiveModelSpec,
  LIVE_MODEL_FILES,
  writeLiveModel,
} from "./export-live-model.ts";
export { type LoadModelOptions, loadModel, type NodeImage } from "./load-model.ts";
export { readMetrics } from "./metrics/metrics-file.ts";
export { type OpenedCaptioner, openCaptioner } from "./open-captioner.ts";
export {
  type EmbeddedImages,
  type EmbedHooks,
  type OpenedEmbedder,
  openEmbedder,
} from "./open-embedder.ts";
export {
  type OpenedLanguageModel,
  type OpenLanguageModelOptions,
  openLanguageModel,
  type TextModel,
} from "./open-language-model.ts";
export type { OpenModelOptions } from "./open-model.ts";
export { type OpenedRun, openRun } from "./open-run.ts";
export {
  type OpenedTextModel,
  type OpenTextModelOptions,
  openTextModel,
} from "./open-text-model.ts";
export { type RoutingRows, textRouting } from "./text-routing/routing-rows.ts";
