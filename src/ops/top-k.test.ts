import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { batch } from "../graph/shape.ts";
import { evaluate, valueAndGradients } from "../runtime/evaluate.ts";
import { alongAxis, checkOperator, property, randomArray, randomCases } from "./check.fixture.ts";
import { argMax, sort, topK } from "./top-k.ts";

/** Positions in order of value; ties go to the lower index. */
const ranking = (line: readonly number[], descending = true): number[] =>
  line
    .map((_, i) => i)
    .sort((a, b) => (descending ? line[b]! - line[a]! : line[a]! - line[b]!) || a - b);

test("topK and sort along any axis", async () => {
  await property(randomCases(1, 3, 5), ({ shape, seed }) => {
    const axis = (seed % (2 * shape.length)) - shape.length;
    const k = 1 + (seed % shape.at(axis)!);
    const largest = (seed >> 6) % 2 === 0;
    const pick = (line: readonly number[]) => ranking(line, largest).slice(0, k);
    return [
      {
        fn: (x) => Object.values(topK(x, k, { axis, largest })),
        reference: (x) => [
          alongAxis(x!, axis, (line) => pick(line).map((i) => line[i]!)),
          alongAxis(x!, axis, pick),
        ],
        inputs: [randomArray(shape, seed)],
      },
      {
        fn: (x) => sort(x, { axis, descending: largest }).values,
        reference: (x) =>
          alongAxis(x!, axis, (line) => ranking(line, largest).map((i) => line[i]!)),
        inputs: [randomArray(shape, seed)],
      },
    ];
  });
});

test("ties go to the lower index", async () => {
  const tied = array([
    [1, 3, 3, 1],
    [2, 2, 2, 2],
  ]);
  const [values, indices, order, first] = await evaluate(
    (x) => [...Object.values(topK(x, 2)), sort(x).indices, argMax(x)],
    [tied],
  );
  expect(toNumbers(values!)).toEqual([3, 3, 2, 2]);
  expect(toNumbers(indices!)).toEqual([1, 2, 0, 1]);
  expect(toNumbers(order!)).toEqual([0, 3, 1, 2, 0, 1, 2, 3]);
  expect(toNumbers(first!)).toEqual([1, 0]);
});

test("ties give the gradient to the chosen entry", async () => {
  const { gradients } = await valueAndGradients((x) => topK(x, 1).values, [array([5, 5])], {
    weights: array([1]),
  });
  expect(toNumbers(gradients[0]!)).toEqual([1, 0]);
});

test("a symbolic batch size", async () => {
  await checkOperator({
    fn: (x) => [topK(x, 2).values, argMax(x, 1)],
    reference: (x) => [
      alongAxis(x!, 1, (line) =>
        ranking(line)
          .slice(0, 2)
          .map((i) => line[i]!),
      ),
      { shape: [x!.shape[0]!], data: alongAxis(x!, 1, (line) => [ranking(line)[0]!]).data },
    ],
    inputs: [randomArray([2, 4], 1)],
    shapes: [[batch(), 4]],
    again: [[randomArray([5, 4], 2)]],
  });
});

test("k outside the axis is refused", async () => {
  await expect(evaluate((x) => topK(x, 3).values, [array([1, 2])])).rejects.toThrow(
    /top_k: k must be between 1 and 2, got 3/,
  );
  await expect(evaluate((x) => topK(x, 0).values, [array([1, 2])])).rejects.toThrow(/got 0/);
});

test("sort along an axis of run-time size", async () => {
  await checkOperator({
    fn: (x) => Object.values(sort(x, { axis: 1, descending: true })),
    reference: (x) => [
      alongAxis(x!, 1, (line) => ranking(line).map((i) => line[i]!)),
      alongAxis(x!, 1, (line) => ranking(line)),
    ],
    inputs: [randomArray([2, 3], 1)],
    shapes: [[2, batch()]],
    again: [[randomArray([2, 7], 2)]],
  });
});
