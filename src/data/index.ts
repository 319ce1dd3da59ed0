/** Data sets, transforms and the loader, for Node; `browser.ts` has the part for web pages. */

export {
  openParquet,
  type ParquetColumns,
  type ParquetFile,
  type ParquetOptions,
  type ParquetRow,
  parquetColumns,
} from "../formats/parquet/parquet.ts";
export * from "./browser.ts";
export type { DataWarning, ReportHooks, ReportItem, SkippedItems } from "./data-report.ts";
export {
  type DatasetDefinition,
  defineDataset,
  type ForeignReader,
  type KnownProperties,
  type Settings,
  type SplitSpec,
} from "./define-dataset.ts";
export type {
  ClassDescription,
  DatasetDescription,
  RemoteFile,
  ResourceDescription,
} from "./description.ts";
export { downloadDataset } from "./download.ts";
export type { IdxSpec } from "./fashion-mnist/fashion-mnist.ts";
export * from "./images/index.ts";
export { createLoader, type Loader, type LoaderOptions } from "./loader.ts";
export { openMnistDomains, rotateImage } from "./mnist-domains/index.ts";
export { openDataset } from "./open-dataset.ts";
export { dataRoot } from "./read-gzipped.ts";
export { type DatasetOf, type DatasetSpec, datasets } from "./registry.ts";
export { domainKeys } from "./settings/files.ts";
export { imageKeys, pictureKeys } from "./settings/image.ts";
export { generatedLength, splitSpec } from "./settings/split-spec.ts";
export { captionKeys, textKeys } from "./settings/text.ts";
export * from "./text/index.ts";
export { clipContextLength, createClipTokenizer } from "./tokenizers/clip.ts";
export { clipTokenizerState, openTokenizer } from "./tokenizers/files.ts";
