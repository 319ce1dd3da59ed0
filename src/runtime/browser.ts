/** The part of `runtime/` that runs in a page: `evaluate` works on the web runtime here. */
import { createEvaluation, type Evaluation } from "./evaluation.ts";
import { defaultWebRuntime } from "./web/default-runtime.ts";

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

const evaluation = createEvaluation(defaultWebRuntime);

/** See {@link Evaluation.evaluate}. */
export const evaluate: Evaluation["evaluate"] = evaluation.evaluate;
/** See {@link Evaluation.valueAndGradients}. */
export const valueAndGradients: Evaluation["valueAndGradients"] = evaluation.valueAndGradients;
