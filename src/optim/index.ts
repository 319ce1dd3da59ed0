/** Optimizers as graphs over flat memory, learning-rate schedules, clipping, weight averages. */
export { type AdamWOptions, adamW } from "./adamw.ts";
export { clipScale, sumOfSquaresGraph } from "./clip.ts";
export { emaGraph, emaScalars } from "./ema.ts";
export type { Optimizer, StepSettings } from "./optimizer.ts";
export { type ScheduleKind, type ScheduleOptions, schedule } from "./schedule.ts";
export { type SgdOptions, sgd } from "./sgd.ts";
