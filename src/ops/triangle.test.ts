import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { add } from "./arithmetic.ts";
import { at, checkOperator, randomArray, type Values, values } from "./check.fixture.ts";
import { softmax } from "./softmax.ts";
import { causalBias, causalMask, tril, triu } from "./triangle.ts";

const kept = (x: Values, keep: (i: number, j: number) => boolean): Values =>
  values(x.shape, (index) => {
    const [i, j] = index.slice(-2) as [number, number];
    return keep(i, j) ? at(x, index) : 0;
  });

test("lower and upper triangles", async () => {
  await checkOperator({
    fn: (x) => [tril(x), tril(x, -1), triu(x), triu(x, 1)],
    reference: (x) => [
      kept(x!, (i, j) => j <= i),
      kept(x!, (i, j) => j <= i - 1),
      kept(x!, (i, j) => j >= i),
      kept(x!, (i, j) => j >= i + 1),
    ],
    inputs: [randomArray([2, 3, 4], 1)],
  });
});

test("causal masks let each position attend to itself and earlier ones", async () => {
  const [mask, weights] = await evaluate(
    (x) => [causalMask(x.graph, 3), softmax(add(x, causalBias(x.graph, 3)))],
    [
      array([
        [1, 1, 1],
        [1, 1, 1],
        [1, 1, 1],
      ]),
    ],
  );
  expect(mask!.dtype).toBe("bool");
  expect(toNumbers(mask!)).toEqual([1, 0, 0, 1, 1, 0, 1, 1, 1]);
  expect(toNumbers(weights!).slice(0, 6)).toEqual([1, 0, 0, 0.5, 0.5, 0]);
});

test("a token sees itself and the tokens before it within its window", async () => {
  const [bias] = await evaluate((x) => add(causalBias(x.graph, 4, 2), x), [array([0])]);
  const seen = toNumbers(bias!).map((x) => (x === 0 ? 1 : 0));
  expect(seen).toEqual([1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1]);
});

test("a vector is refused", async () => {
  await expect(evaluate((x) => tril(x), [array([1])])).rejects.toThrow(
    /trilu: needs two axes, got \[1\]/,
  );
});
