import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { runScoped } from "../../nn/scope.fixture.ts";
import { checkOperators, randomArray } from "../../ops/check.fixture.ts";
import { key } from "../../random/index.ts";
import { baseRouter, baseRouting } from "./base.ts";
import {
  best,
  expectValues,
  identity,
  parts,
  rowsOf,
  softmaxOf,
  tensorsOf,
  valuesOf,
  X,
} from "./routers.fixture.ts";

const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

async function run(training: boolean) {
  const { outputs } = await runScoped(
    (scope, { x, assigned }) =>
      tensorsOf(baseRouter(scope, x!, { numExperts: 4, assigned: assigned! })),
    {
      inputs: { x: X, assigned: array([1, 2], "int64") },
      values: { weight: identity(4) },
      training,
    },
  );
  return outputs;
}

test("training follows the assignment, evaluation the highest score", async () => {
  const [trained, evaluated] = [await run(true), await run(false)];
  expect(toNumbers(trained.ids!)).toEqual([1, 2]);
  expectValues(trained.combineWeights, [sigmoid(1), sigmoid(0.3)]);
  expect(toNumbers(evaluated.ids!)).toEqual([0, 3]);
  expectValues(evaluated.combineWeights, [sigmoid(2), sigmoid(0.4)]);
});

test("centroids are initially orthogonal, with length 0.1", async () => {
  const { trace } = await runScoped(
    (scope, { x }) => tensorsOf(baseRouter(scope, x!, { numExperts: 3 })),
    { inputs: { x: X } },
  );
  const { init, shape } = trace.parameters.get("weight")!;
  const rows = rowsOf({ shape, data: init(key(0), shape) });
  const dot = (a: number, b: number) => rows[a]!.reduce((sum, v, i) => sum + v * rows[b]![i]!, 0);
  expect(dot(0, 0)).toBeCloseTo(0.01, 6);
  expect(dot(0, 1)).toBeCloseTo(0, 6);
  expect(dot(1, 2)).toBeCloseTo(0, 6);
});

test("gradients, greedy and assigned", async () => {
  const assigned = array([2, 0, 1, 1], "int64");
  const reference = (rows: number[][], ids: number[]) => [
    valuesOf([ids]),
    valuesOf([ids.map((e, n) => sigmoid(rows[n]![e]!))]),
    valuesOf(rows.map(softmaxOf)),
  ];
  await checkOperators([
    {
      fn: (x) => parts(baseRouting(x!)),
      inputs: [randomArray([4, 3], 1)],
      reference: (x) =>
        reference(
          rowsOf(x!),
          rowsOf(x!).map((row) => best(row, 1)[0]!),
        ),
    },
    {
      fn: (x, ids) => parts(baseRouting(x!, ids!)),
      inputs: [randomArray([4, 3], 2), assigned],
      reference: (x, ids) => reference(rowsOf(x!), Array.from(ids!.data)),
    },
  ]);
});
