/** The part of `runtime/` that runs in a page: `evaluate` works on the web runtime here. */
import { createEvaluation, type Evaluation } from "./evaluation.ts";
import type { Runtime } from "./session.ts";
import { webRuntime } from "./web/web.ts";

export { type Arena, type ArenaGroup, createArena, type ParameterSpec } from "./arena.ts";
export type {
  EvaluateOptions,
  LossFunction,
  TensorFunction,
  ValueAndGradients,
  ValueAndGradientsOptions,
} from "./evaluation.ts";
export type { Binding, Runtime, Session, SessionOptions } from "./session.ts";
export { type WebRuntimeOptions, webRuntime } from "./web/web.ts";

let singleton: Promise<Runtime> | undefined;
const evaluation = createEvaluation(() => {
  singleton ??= webRuntime();
  return singleton;
});

/** See {@link Evaluation.evaluate}. */
export const evaluate: Evaluation["evaluate"] = evaluation.evaluate;
/** See {@link Evaluation.valueAndGradients}. */
export const valueAndGradients: Evaluation["valueAndGradients"] = evaluation.valueAndGradients;
