/** Checks of the arguments of `fit`, with errors that name the tensor. */
import type { NdArray } from "../../graph/array.ts";
import { usageError } from "../../graph/errors.ts";
import { checkArrays } from "../../graph/given.ts";
import { formatShape } from "../../graph/shape.ts";
import type { Weights } from "../apply/scoped-function.ts";
import type { ArrayBatch } from "../evaluator.ts";
import type { FitData } from "./array-batches.ts";

/**
 * Checks the arrays of a training batch.
 *
 * @throws UserError if an array is missing, or its type or shape differs from the fields of the data
 */
export function checkBatch(
  { arrays }: ArrayBatch,
  { fields, batchSize }: Pick<FitData, "fields" | "batchSize">,
): void {
  checkArrays("the arrays of a batch", arrays);
  for (const [name, { dtype, shape }] of Object.entries(fields)) {
    const array = arrays[name];
    const wanted = [batchSize, ...shape];
    if (array === undefined) {
      throw usageError(`a batch has no array "${name}", which the fields of the data name`);
    }
    if (array.dtype === dtype && String(array.shape) === String(wanted)) continue;
    const advice = array.shape[0] === batchSize ? "" : "; drop smaller batches (dropLast)";
    throw usageError(
      `a batch has "${name}" as ${array.dtype} ${formatShape(array.shape)}, but training needs ${dtype} ${formatShape(wanted)}${advice}`,
    );
  }
}

/**
 * Copies weights into the memory of a model.
 *
 * @throws UserError if names or shapes differ
 */
export function copyWeights(weights: Weights, targets: ReadonlyMap<string, NdArray>): void {
  for (const [name, target] of targets) {
    const source = weights.get(name);
    if (source === undefined) {
      throw usageError(
        `options.weights have no tensor "${name}"; add a fresh one: new Map([...init(model, inputs), ...weights])`,
      );
    }
    if (source.dtype !== target.dtype || String(source.shape) !== String(target.shape)) {
      throw usageError(
        `options.weights have "${name}" as ${source.dtype} ${formatShape(source.shape)}, and the model has ${target.dtype} ${formatShape(target.shape)}`,
      );
    }
    target.data.set(source.data as never);
  }
  const unknown = [...weights.keys()].find((name) => !targets.has(name));
  if (unknown !== undefined) {
    throw usageError(`options.weights have "${unknown}", but the model has no tensor of that name`);
  }
}
