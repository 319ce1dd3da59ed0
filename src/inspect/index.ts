/** What a run did, as plain data: routing statistics, mosaics, predictions. */
export {
  maxViolation,
  mosaicLayer,
  type RoutingStatistics,
  routingStatistics,
} from "./routing-statistics.ts";
export type {
  LayerRouting,
  MetricEvent,
  Mosaic,
  MosaicLayer,
  Prediction,
  RecordedImage,
  RunRecord,
  Summary,
} from "./types.ts";
