import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { checkOperator, randomArray } from "../../ops/check.fixture.ts";
import { expectValues, route, rowsOf, softmaxOf, sumOf, valuesOf } from "./routers.fixture.ts";
import { yuanLogits, yuanRouter } from "./yuan.ts";

test("attention among experts (computed in float64)", async () => {
  // A token of width 1 whose projection is q, then k, then v.
  const weight = array([1, 0, -1, 0.5, 1, 0, 0.2, 0.4, 0.8].map((value) => [value]));
  const outputs = await route(
    (scope, x) => yuanRouter(scope, x, { numExperts: 3, numSelectedExperts: 2 }),
    array([[1]]),
    { values: { "query_key_value.weight": weight } },
  );
  const logits = [0.4130903, 0.4666667, 0.541153];
  expectValues(outputs.logits, logits);
  const p = softmaxOf(logits);
  expect(toNumbers(outputs.ids!)).toEqual([2, 1]);
  expectValues(outputs.combineWeights, [p[2]! / (p[1]! + p[2]!), p[1]! / (p[1]! + p[2]!)]);
});

test("gradients with respect to q, k and v", async () => {
  await checkOperator({
    fn: (q, k, v) => yuanLogits(q!, k!, v!),
    inputs: [1, 2, 3].map((seed) => randomArray([3, 4], seed)),
    reference: (q, k, v) => {
      const [keys, results] = [rowsOf(k!), rowsOf(v!)];
      return valuesOf(
        rowsOf(q!).map((row, n) =>
          row.map((value) =>
            sumOf(softmaxOf(keys[n]!.map((key) => value * key)).map((a, e) => a * results[n]![e]!)),
          ),
        ),
      );
    },
  });
});
