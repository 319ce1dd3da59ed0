/** `apply`, `compile` and `fit` in Node, on the native runtime unless options set another. */
import { defaultRuntime } from "../runtime/default-runtime.ts";
import { type Application, createApplication } from "./apply/apply.ts";
import { createFit, type Fit } from "./fit/fit.ts";
import type { FittedModel } from "./fit/fitted-model.ts";
import { writeWeights } from "./fit/weights-file.ts";

const application = createApplication(defaultRuntime);

/**
 * Runs a scoped function once on plain arrays; see {@link Application.apply}.
 *
 * @example
 * const layer = (scope, { x }) => linear(scope, x, 2);
 * const weights = new Map([["weight", array([[1, 1], [1, -1]])], ["bias", array([0, 10])]]);
 * const { output } = await apply(layer, weights, { x: array([[1, 2]]) }); // [[3, 9]]
 */
export const apply: Application["apply"] = application.apply;

/**
 * Compiles a scoped function for many runs; see {@link Application.compile}.
 *
 * @example
 * const layer = (scope, { x }) => linear(scope, x, 2);
 * const shape = [batch(), 2];
 * const model = await compile(layer, { x: { dtype: "float32", shape } });
 * const weights = init(layer, { x: array([[1, 2]]) });
 * const one = (await model.run(weights, { x: array([[1, 2]]) })).output.shape; // [1, 2]
 * const three = (await model.run(weights, { x: array([[1, 2], [3, 4], [5, 6]]) })).output.shape; // [3, 2]
 * model.dispose();
 */
export const compile: Application["compile"] = application.compile;

/** A trained model that writes files. */
export interface SavableModel extends FittedModel {
  /** Writes the weights to a safetensors file; `loadWeights` reads it. */
  save(path: string): Promise<void>;
}

const fitModel = createFit(defaultRuntime);

/**
 * Trains the model of an objective on data; see {@link Fit}.
 *
 * @example
 * const x = array([[0, 1], [1, 0], [2, 3], [3, 2]]);
 * const y = array([0, 1, 0, 1], "int64"); // whether the first number is the larger
 * const objective = (scope, { x, y }) => {
 *   const logits = linear(scope, x, 2);
 *   return { loss: crossEntropy(logits, y), metrics: { accuracy: accuracy(logits, y) } };
 * };
 * const model = await fit(objective, { x, y }, { steps: 100, batchSize: 4, learningRate: 0.1 });
 * (await model.evaluate({ x, y })).accuracy; // 1
 * model.dispose();
 */
export const fit: Fit<SavableModel> = async (objective, data, options) => {
  const model = await fitModel(objective, data, options);
  return { ...model, save: (path) => writeWeights(path, model.toSafetensors()) };
};
