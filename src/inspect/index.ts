/** What a run did, as plain data: routing statistics, mosaics, predictions. */
export { type AgreementOptions, type RoutingAgreement, routingAgreement } from "./agreement.ts";
export {
  type Association,
  type AssociationOptions,
  association,
  type ContingencySizes,
  type ContingencyTable,
  contingencyTable,
} from "./contingency.ts";
export {
  maxViolation,
  mosaicLayer,
  type RoutingStatistics,
  routingStatistics,
} from "./routing-statistics.ts";
export type {
  ClassScores,
  DecisionRegions,
  LayerRouting,
  MetricEvent,
  Mosaic,
  MosaicLayer,
  Prediction,
  RecordedImage,
  RunRecord,
  Summary,
} from "./types.ts";
