/** `evaluate` and `valueAndGradients` in Node, by default on the native runtime. */

import { defaultRuntime } from "./default-runtime.ts";
import { createEvaluation, type Evaluation } from "./evaluation.ts";

export type {
  EvaluateOptions,
  LossFunction,
  TensorFunction,
  ValueAndGradients,
  ValueAndGradientsOptions,
} from "./evaluation.ts";

const evaluation = createEvaluation(defaultRuntime);

/** See {@link Evaluation.evaluate}. */
export const evaluate: Evaluation["evaluate"] = evaluation.evaluate;
/** See {@link Evaluation.valueAndGradients}. */
export const valueAndGradients: Evaluation["valueAndGradients"] = evaluation.valueAndGradients;
