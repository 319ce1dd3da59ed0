/** Data sets, transforms and the loader, for Node; `browser.ts` has what runs in a page. */

export {
  openParquet,
  type ParquetColumns,
  type ParquetFile,
  type ParquetOptions,
  type ParquetRow,
  parquetColumns,
} from "../formats/parquet.ts";
export * from "./browser.ts";
export { downloadDataset } from "./download.ts";
export * from "./images/index.ts";
export { createLoader, type Loader, type LoaderOptions } from "./loader.ts";
export { openMnistDomains, rotateImage } from "./mnist-domains/index.ts";
export { openDataset } from "./open-dataset.ts";
export { dataRoot } from "./read-gzipped.ts";
export * from "./text/index.ts";
export { clipContextLength, createClipTokenizer } from "./tokenizers/clip.ts";
export { clipTokenizerState, openTokenizer } from "./tokenizers/files.ts";
