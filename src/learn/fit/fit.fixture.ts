/** A small classifier and its data: two classes of points, separated by a line. */
import { array, type NdArray } from "../../graph/array.ts";
import { accuracy } from "../../losses/accuracy.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import { linear } from "../../nn/linear.ts";
import { tanh } from "../../ops/activation.ts";
import { randomArray } from "../../ops/check.fixture.ts";
import type { Objective } from "../step-graph.ts";
import type { FitData } from "./array-batches.ts";

export const classify: Objective = (scope, { x, y }) => {
  const hidden = tanh(linear(scope.child("fc1"), x!, 8));
  const logits = linear(scope.child("fc2"), hidden, 2);
  return {
    loss: crossEntropy(logits, y!),
    metrics: { accuracy: accuracy(logits, y!) },
    outputs: { logits },
  };
};

/** Points `x` `[N, 2]` with the class `y` `[N]`: whether the first number is larger. */
export function points(count: number, seed: number) {
  const x = randomArray([count, 2], seed);
  const y = Array.from({ length: count }, (_, i) => Number(x.data[2 * i]! > x.data[2 * i + 1]!));
  return { x, y: array(y, "int64") };
}

/** A finite source of these batches. */
export function listed(batches: readonly Readonly<Record<string, NdArray>>[]): FitData {
  const first = Object.entries(batches[0]!);
  let at = 0;
  return {
    fields: Object.fromEntries(
      first.map(([name, { dtype, shape }]) => [name, { dtype, shape: shape.slice(1) }]),
    ),
    batchSize: first[0]![1].shape[0]!,
    seek: (step) => {
      at = step;
    },
    next: async () => {
      const arrays = batches[at++];
      return arrays && { arrays };
    },
  };
}
