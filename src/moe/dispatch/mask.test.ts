import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { mul } from "../../ops/arithmetic.ts";
import { randomArray } from "../../ops/check.fixture.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { evaluate, valueAndGradients } from "../../runtime/evaluate.ts";
import { selectTopK } from "../routing.ts";
import { droplessDispatcher } from "./dropless.ts";
import { maskTokens } from "./mask.ts";

const gates = randomArray([4, 3], 1, 0.1, 1);
const present = array([true, false, true, true], "bool");

test("padding has no expert and no weight, and is not counted", async () => {
  const [ids, weights, counts] = await evaluate(
    (p, mask) => {
      const routing = maskTokens(selectTopK(p, p, 2, "sum"), mask);
      return [routing.ids, routing.combineWeights, droplessDispatcher(routing).counts];
    },
    [gates, present],
  );
  const column = (flat: number[], n: number) => [flat[n]!, flat[4 + n]!];
  expect(column(toNumbers(ids!), 1)).toEqual([3, 3]);
  expect(column(toNumbers(weights!), 1)).toEqual([0, 0]);
  expect(column(toNumbers(weights!), 0).reduce((sum, w) => sum + w)).toBeCloseTo(1);
  expect(toNumbers(counts!).reduce((sum, count) => sum + count)).toBe(6);
});

test("the content of padding affects neither outputs nor gradients", async () => {
  const run = (filler: number) =>
    valueAndGradients(
      (x, p, mask) => {
        const dispatcher = droplessDispatcher(maskTokens(selectTopK(p, p, 2, "sum"), mask));
        const results = dispatcher.dispatch(x).map((own, e) => mul(own, mul(own, e + 1)));
        return reduceSum(dispatcher.combine(results));
      },
      [array([[1], [filler], [-2], [3]]), gates, present],
    );
  const [a, b] = [await run(5), await run(-70)];
  expect(toNumbers(b.value)).toEqual(toNumbers(a.value));
  expect(b.gradients.map(toNumbers)).toEqual(a.gradients.map(toNumbers));
  expect(toNumbers(a.gradients[0]!)[1]).toBe(0);
});
