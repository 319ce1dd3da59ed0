/** The part of `data/` that touches no files and no threads. */

export { openShared } from "./array-dataset.ts";
export {
  type Batch,
  type BatchMaker,
  type BatchOptions,
  batchMaker,
  type Field,
} from "./batch.ts";
export { type BatchJob, batchOrder, type OrderOptions } from "./batch-order.ts";
export { classDescriptions, type DetailLevel, detailLevels } from "./class-descriptions.ts";
export { classTemplates, labelTemplates } from "./class-templates.ts";
export type {
  Dataset,
  DatasetSpec,
  IdxSpec,
  ImageDataset,
  ImageSample,
  ImageShape,
  ObjectAttributes,
  PointSample,
  PointsDataset,
  SampleDomains,
  SharedImages,
  Split,
  StreamDataset,
  TextDataset,
  TextSample,
} from "./dataset.ts";
export { type DomainOrderOptions, domainOrder } from "./domain-order.ts";
export { type GaussianShiftSpec, openGaussianShift } from "./gaussian-shift.ts";
export { type IdxArray, readIdx } from "./idx.ts";
export { colorings, type MnistDomainsSpec, mnistSources, rotations } from "./mnist-domains/spec.ts";
export { type DatasetDescription, datasets, type RemoteFile } from "./registry.ts";
export * from "./shapes/index.ts";
export * from "./tokenizers/index.ts";
export * from "./transforms/index.ts";
