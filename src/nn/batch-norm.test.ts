import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { createTrainStep } from "../learn/train-step.ts";
import { reduceMean } from "../ops/reduce.ts";
import { sgd } from "../optim/sgd.ts";
import { key } from "../random/index.ts";
import { nativeRuntime } from "../runtime/native/native.ts";
import { batchNorm } from "./batch-norm.ts";
import { createScope, type Scope } from "./scope.ts";

const objective = (scope: Scope, { x }: Readonly<Record<string, Tensor>>) => ({
  loss: reduceMean(batchNorm(scope, x!)),
});

/** The states after one update of these batches of one channel. */
async function statesAfter(...batches: number[][]): Promise<number[][]> {
  const arrays = batches.map((values) => ({ x: array(values.map((value) => [[[value]]])) }));
  const step = await createTrainStep(objective, arrays[0]!, {
    runtime: nativeRuntime(),
    optimizer: sgd(),
    seed: key(0),
    accumulationSteps: batches.length,
  });
  try {
    let next = 0;
    await step.accumulate(0, async () => ({ arrays: arrays[next++]! }));
    return ["running_mean", "running_var"].map((name) => toNumbers(step.states.get(name)!));
  } finally {
    step.dispose();
  }
}

test("running statistics move once an update, to those of all its batches", async () => {
  // Values 1, 3, 5, 7: mean 4, unbiased variance 20 / 3; a tenth of the way from 0 and from 1.
  const expected = [0.4, 0.9 + 2 / 3];
  for (const batches of [
    [[1, 3, 5, 7]],
    [
      [1, 3],
      [5, 7],
    ],
  ]) {
    const [mean, variance] = await statesAfter(...batches);
    expect(mean![0]).toBeCloseTo(expected[0]!, 6);
    expect(variance![0]).toBeCloseTo(expected[1]!, 6);
  }
});

test("a single value of each channel is refused in training, as it has no variance", () => {
  const trace = (shape: number[], training: boolean) => {
    const { scope } = createScope({ training });
    return batchNorm(
      scope,
      scope.state("x", shape, () => new Float32Array(3)),
    );
  };
  expect(() => trace([1, 3, 1, 1], true)).toThrow(
    expect.objectContaining({
      exitCode: 2,
      message: expect.stringContaining(
        "more than one value of each channel in training, got [1, 3, 1, 1]",
      ),
    }),
  );
  expect(trace([1, 3, 1, 1], false).shape).toEqual([1, 3, 1, 1]);
  expect(trace([1, 3, 2, 1], true).shape).toEqual([1, 3, 2, 1]);
});
