import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { evaluate, valueAndGradients } from "../runtime/evaluate.ts";
import { accuracy } from "./accuracy.ts";
import { binaryCrossEntropy } from "./binary-cross-entropy.ts";
import { meanSquaredError } from "./mean-squared-error.ts";

test("binary cross-entropy matches torch.nn.functional.binary_cross_entropy_with_logits", async () => {
  const inputs = [array([3, -1, 0, -50]), array([1, 0, 0.25, 1])];
  const { value, gradients } = await valueAndGradients((x, t) => binaryCrossEntropy(x, t), inputs);
  expect(toNumbers(value)[0]).toBeCloseTo(12.7637491, 5);
  const expected = [-0.0118564665, 0.0672353581, 0.0625, -0.25];
  toNumbers(gradients[0]!).forEach((x, i) => {
    expect(x).toBeCloseTo(expected[i]!, 7);
  });
  const [rows] = await evaluate((x, t) => binaryCrossEntropy(x, t, { reduction: "none" }), inputs);
  expect(toNumbers(rows!)[0]).toBeCloseTo(0.048587352, 6);
  expect(toNumbers(rows!)[3]).toBe(50);
});

test("hand-computed mean squared error", async () => {
  const inputs = [array([[1, 2]]), array([[3, 5]])];
  const { value, gradients } = await valueAndGradients((x, t) => meanSquaredError(x, t), inputs);
  expect(toNumbers(value)).toEqual([6.5]); // (4 + 9) / 2
  expect(gradients.map(toNumbers)).toEqual([
    [-2, -3],
    [2, 3],
  ]);
  const [sum] = await evaluate((x, t) => meanSquaredError(x, t, { reduction: "sum" }), inputs);
  expect(toNumbers(sum!)).toEqual([13]);
});

test("accuracy uses the first largest score, and skips ignored rows", async () => {
  const logits = array([
    [1, 2],
    [3, 3],
    [5, 4],
    [0, 1],
  ]);
  const labels = array([1, 0, 1, -1], "int64");
  const [all, counted, none] = await evaluate(
    (x, y) => [
      accuracy(x, y),
      accuracy(x, y, { ignoreIndex: -1 }),
      accuracy(x, y, { ignoreIndex: 1 }),
    ],
    [logits, labels],
  );
  expect(toNumbers(all!)).toEqual([0.5]);
  expect(toNumbers(counted!)[0]).toBeCloseTo(2 / 3, 6);
  expect(toNumbers(none!)).toEqual([0.5]); // rows 1 and 3 count
  const [nothing] = await evaluate(
    (x, y) => accuracy(x, y, { ignoreIndex: 7 }),
    [array([[1, 2]]), array([7], "int64")],
  );
  expect(toNumbers(nothing!)).toEqual([0]);
});

test("different shapes are refused with both shapes", async () => {
  const inputs = [array([[1, 2]]), array([1, 2])];
  await expect(evaluate((x, t) => binaryCrossEntropy(x, t), inputs)).rejects.toThrow(
    /logits \[1, 2\] and targets \[2\] must have one shape/,
  );
  await expect(evaluate((x, t) => meanSquaredError(x, t), inputs)).rejects.toThrow(
    /predictions \[1, 2\] and targets \[2\] must have one shape/,
  );
  await expect(evaluate((x, t) => accuracy(x, t), inputs)).rejects.toThrow(
    /needs logits \[N, C\] and labels \[N\], got \[1, 2\] and \[2\]/,
  );
});
