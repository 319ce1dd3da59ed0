import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { defined } from "../graph/defined.ts";
import { meanOver } from "../losses/mean-over.ts";
import { ones } from "../nn/initializers.ts";
import type { ScheduledWeight } from "../nn/scope.ts";
import { mul } from "../ops/arithmetic.ts";
import { reduceSum } from "../ops/reduce.ts";
import { sgd } from "../optim/sgd.ts";
import { key } from "../random/index.ts";
import { nativeRuntime } from "../runtime/native/native.ts";
import { createLossWeights } from "./loss-weights.ts";
import { evaluationGraph, type Objective } from "./step-graph.ts";
import { createTrainStep } from "./train-step.ts";

/** Loss `sum(w x)`, auxiliary loss `3 sum(w)`. */
function objectiveOf(weight: ScheduledWeight): Objective {
  return (scope, { x }) => {
    const w = scope.parameter("w", [2], ones);
    scope.child("moe").auxiliary("balance", weight, mul(reduceSum(w), 3));
    return { loss: meanOver(reduceSum(mul(w, x!)), "samples") };
  };
}

const batch = { x: { dtype: "float32", shape: [2] } } as const;
const data = { x: array([1, 2]) };

async function gradientsAt(weight: ScheduledWeight, steps: readonly number[], totalSteps?: number) {
  const step = await createTrainStep(objectiveOf(weight), batch, {
    runtime: nativeRuntime(),
    optimizer: sgd({}),
    seed: key(0),
    session: { threads: 1 },
    ...defined({ totalSteps }),
  });
  try {
    const found: number[][] = [];
    for (const index of steps) {
      await step.forwardBackward(data, index);
      const objective = Number(step.values.objective!.data[0]);
      const auxiliary = Number(step.values["auxiliary/moe.balance"]!.data[0]);
      found.push([objective, auxiliary, ...toNumbers(step.arena.view("gradients", "w"))]);
    }
    return found;
  } finally {
    step.dispose();
  }
}

test("the weight of a step depends only on the step", async () => {
  const weight: ScheduledWeight = { peak: 2, kind: "linear", warmupSteps: 2 };
  // Factors 1/2, 1, 1, 3/4, 1/2, ... of a peak of 2, times a gradient of 3.
  const rows = await gradientsAt(weight, [0, 3, 4, 0], 6);
  expect(rows).toEqual([
    [3 + 6, 6, 1 + 3, 2 + 3],
    [3 + 9, 6, 1 + 4.5, 2 + 4.5],
    [3 + 6, 6, 1 + 3, 2 + 3],
    [3 + 6, 6, 1 + 3, 2 + 3],
  ]);
});

test("only schedules that decay need the length of training", async () => {
  const warm: ScheduledWeight = { peak: 1, kind: "constant", warmupSteps: 4 };
  expect((await gradientsAt(warm, [0, 9])).map(([objective]) => objective)).toEqual([4.5, 9]);
  const fall = new Map([["weight:moe.balance", { peak: 1, kind: "cosine" } as const]]);
  expect(() => createLossWeights(fall)).toThrow(
    "the weight of the loss moe.balance has the schedule cosine, which needs the number of steps",
  );
  const slow = new Map([["weight:moe.balance", warm]]);
  expect(() => createLossWeights(slow, 3)).toThrow("warms up for 4 steps, but the run has 3");
});

test("evaluation uses the peak, and needs no weight", () => {
  const graph = evaluationGraph(objectiveOf({ peak: 2, kind: "cosine" }), batch);
  expect(graph.weights.size).toBe(0);
  expect(graph.model.inputs.map(({ name }) => name).sort()).toEqual(["w", "x"]);
});
