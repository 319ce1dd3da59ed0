/** Training runs: from a configuration to a run directory with its report. */
export {
  type ChangedLayer,
  type ChangedRun,
  type ChangeRunOptions,
  changeRunExperts,
} from "./change-experts.ts";
export type { GivenTask } from "./check-given.ts";
export {
  type ComparedRouting,
  type CompareRoutingOptions,
  compareRouting,
} from "./compare-routing.ts";
export { analyzeDomains } from "./domains/analysis.ts";
export { type EvaluateRunOptions, evaluateRun } from "./evaluate-run.ts";
export { type TrainOptions, train } from "./train.ts";
