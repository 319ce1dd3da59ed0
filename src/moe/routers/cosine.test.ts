import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { checkOperator, randomArray, type Values } from "../../ops/check.fixture.ts";
import { cosineLogits, cosineRouter } from "./cosine.ts";
import { expectValues, randomsOf, route, rowsOf, transposed, valuesOf } from "./routers.fixture.ts";

const options = { numExperts: 3, numSelectedExperts: 1, projectionWidth: 2 };
const x = array([
  [1, 2, -1],
  [0.5, 0, 1],
]);
const values = {
  "cosine_projector.weight": array([
    [1, 0, 1],
    [0, 1, -1],
  ]),
  "cosine_projector.bias": array([0.1, -0.1]),
  sim_matrix: array([
    [1, 0.5, -1],
    [0, 1, 2],
  ]),
};

test("tutel's cosine gate at its initial temperature (computed in float64)", async () => {
  const outputs = await route((scope, input) => cosineRouter(scope, input, options), x, { values });
  expectValues(
    outputs.logits,
    [0.0689245518, 1.8186157979, 1.7569678048, 1.6480838484, -0.2763920638, -1.7504830709],
  );
  expect(toNumbers(outputs.probabilities!)[0]).toBeCloseTo(0.0822253, 6);
  expect(toNumbers(outputs.ids!)).toEqual([1, 0]);
  expect(toNumbers(outputs.combineWeights!)[0]).toBeCloseTo(0.4730276, 6);
});

test("two chosen experts have weights of sum 1", async () => {
  const { combineWeights } = await route(
    (scope, input) => cosineRouter(scope, input, { ...options, numSelectedExperts: 2 }),
    x,
    { values },
  );
  const [a, b, c, d] = toNumbers(combineWeights!) as [number, number, number, number];
  expect(a + c).toBeCloseTo(1, 6);
  expect(b + d).toBeCloseTo(1, 6);
});

test("the factor is limited to 100", async () => {
  const { logits } = await route((scope, input) => cosineRouter(scope, input, options), x, {
    values: { ...values, temperature: array([9]) },
  });
  expect(toNumbers(logits!)[1]).toBeCloseTo(100 * (1.8186157979 / 2), 3);
});

test("noise is drawn only in training", () => {
  const router: Parameters<typeof randomsOf>[0] = (scope, input) =>
    cosineRouter(scope, input, { ...options, noiseScale: 1 });
  expect(randomsOf(router, true, [2, 3])).toEqual(["noise"]);
  expect(randomsOf(router, false, [2, 3])).toEqual([]);
});

test("gradients with respect to tokens, experts and temperature", async () => {
  const unit = (row: readonly number[]) => row.map((v) => v / Math.hypot(...row));
  await checkOperator({
    fn: (h, s, t) => cosineLogits(h!, s!, t!),
    inputs: [randomArray([4, 3], 1), randomArray([3, 5], 2), array([0.4])],
    reference: (h: Values | undefined, s, t) => {
      const columns = transposed(rowsOf(s!)).map(unit);
      const factor = Math.exp(Math.min(t!.data[0]!, Math.log(100)));
      return valuesOf(
        rowsOf(h!).map((row) =>
          columns.map(
            (column) => factor * unit(row).reduce((sum, v, i) => sum + v * column[i]!, 0),
          ),
        ),
      );
    },
  });
});
