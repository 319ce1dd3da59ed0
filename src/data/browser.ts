/** The part of `data/` that touches no files and no threads. */

export { openShared } from "./array-dataset.ts";
export { type Batch, batchOrder, makeBatch } from "./batch.ts";
export type {
  Dataset,
  DatasetSpec,
  IdxSpec,
  ImageSample,
  ImageShape,
  ObjectAttributes,
  SharedImages,
  Split,
} from "./dataset.ts";
export { type IdxArray, readIdx } from "./idx.ts";
export { type DatasetDescription, datasets, type RemoteFile } from "./registry.ts";
export * from "./shapes/index.ts";
export * from "./transforms/index.ts";
