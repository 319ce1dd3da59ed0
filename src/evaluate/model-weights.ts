import type { NdArray } from "../graph/array.ts";
import { UserError } from "../graph/errors.ts";
import type { EmittedModel } from "../onnx/emit.ts";

/**
 * The parameters and states that a graph reads, from those of a trained model.
 *
 * @throws UserError where one is missing or has another shape than the graph says
 */
export function chooseWeights(
  { inputs }: EmittedModel,
  weights: ReadonlyMap<string, NdArray>,
): Record<string, NdArray> {
  const chosen: Record<string, NdArray> = {};
  for (const { name, role, shape } of inputs) {
    if (role === "data") continue;
    const value = weights.get(name);
    if (value === undefined) {
      throw new UserError(
        `the weights lack ${name}; give those of a model with the same configuration`,
      );
    }
    if (value.shape.join() !== shape.join()) {
      throw new UserError(
        `the weight ${name} has shape [${value.shape.join(", ")}], but the model's is [${shape.join(", ")}]; give weights of the same configuration`,
      );
    }
    chosen[name] = value;
  }
  return chosen;
}
