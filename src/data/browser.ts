/** The part of `data/` that touches no files and no threads. */

export { type IdxArray, readIdx } from "../formats/idx.ts";
export { openShared } from "./array-dataset.ts";
export {
  type Batch,
  type BatchMaker,
  type BatchOptions,
  batchMaker,
  type Field,
} from "./batches/batch.ts";
export { type BatchJob, batchOrder, type OrderOptions } from "./batches/batch-order.ts";
export { type DomainOrderOptions, domainOrder } from "./batches/domain-order.ts";
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
export { type GaussianShiftSpec, openGaussianShift } from "./gaussian-shift/gaussian-shift.ts";
export { colorings, type MnistDomainsSpec, mnistSources, rotations } from "./mnist-domains/spec.ts";
export { type DatasetDescription, datasets, type RemoteFile } from "./registry.ts";
export * from "./shapes/index.ts";
export { classDescriptions, type DetailLevel, detailLevels } from "./text/class-descriptions.ts";
export { classTemplates, labelTemplates } from "./text/class-templates.ts";
export * from "./tokenizers/index.ts";
export * from "./transforms/index.ts";
