/** Training runs: from a configuration to a run directory with its report. */
export type { GivenTask } from "./check-given.ts";
export {
  type ComparedRouting,
  type CompareRoutingOptions,
  compareRouting,
} from "./compare-routing.ts";
export {
  type ChangedLayer,
  type ChangedRun,
  type ChangeRunOptions,
  changeRunExperts,
} from "./derived-runs/change-experts.ts";
export {
  type MergedRun,
  type MergeRunOptions,
  mergeRunAdapters,
} from "./derived-runs/merge-run.ts";
export { analyzeDomains } from "./domains/analysis.ts";
export { type EvaluateRunOptions, evaluateRun } from "./evaluate-run.ts";
export { type TrainOptions, train } from "./train.ts";
