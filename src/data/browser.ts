/** The part of `data/` that touches no files and no threads. */

export { type IdxArray, readIdx } from "../formats/idx.ts";
export { openShared } from "./array-dataset.ts";
export type { Batch, BatchMaker, BatchOptions, Field } from "./batches/batch.ts";
export { batchMaker } from "./batches/batch-maker.ts";
export { type BatchJob, batchOrder, type OrderOptions } from "./batches/batch-order.ts";
export { type DomainOrderOptions, domainOrder } from "./batches/domain-order.ts";
export type {
  Dataset,
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
export * from "./shapes/index.ts";
export * from "./tokenizers/index.ts";
export * from "./transforms/index.ts";
