import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { batch } from "../graph/shape.ts";
import { at, checkOperator, randomArray, randomIndices, values } from "../ops/check.fixture.ts";
import { evaluate, valueAndGradients } from "../runtime/evaluate.ts";
import { accuracy } from "./accuracy.ts";
import { type CrossEntropyOptions, crossEntropy } from "./cross-entropy.ts";

interface Case extends CrossEntropyOptions {
  readonly logits: number[][];
  readonly labels: number[];
  readonly weights: number | number[];
  readonly value: number[];
  readonly gradient: number[];
}
const fixture = new URL("fixtures/cross-entropy.json", import.meta.url);
const cases = JSON.parse(readFileSync(fixture, "utf8")) as Case[];

test.each(cases)(
  "matches PyTorch: smoothing $labelSmoothing, ignore $ignoreIndex, $reduction",
  async (c) => {
    const { value, gradients } = await valueAndGradients(
      (logits, labels) => crossEntropy(logits, labels, c),
      [array(c.logits), array(c.labels, "int64")],
      { weights: array(c.weights) },
    );
    toNumbers(value).forEach((x, i) => {
      expect(x).toBeCloseTo(c.value[i]!, 6);
    });
    expect(value.data).toHaveLength(c.value.length);
    toNumbers(gradients[0]!).forEach((x, i) => {
      expect(x).toBeCloseTo(c.gradient[i]!, 6);
    });
  },
);

test("gradients match finite differences, at two batch sizes", async () => {
  await checkOperator({
    fn: (logits, labels) => crossEntropy(logits, labels, { labelSmoothing: 0.2 }),
    reference: (logits, labels) => {
      const [rows, classes] = logits!.shape as [number, number];
      let total = 0;
      for (let n = 0; n < rows; n++) {
        const line = Array.from({ length: classes }, (_, c) => at(logits!, [n, c]));
        const normalizer = Math.log(line.reduce((sum, x) => sum + Math.exp(x), 0));
        line.forEach((x, c) => {
          const target = 0.2 / classes + (c === at(labels!, [n]) ? 0.8 : 0);
          total += (target * (normalizer - x)) / rows;
        });
      }
      return values([], () => total);
    },
    inputs: [randomArray([2, 5], 1), randomIndices([2], 2, 5)],
    shapes: [[batch(), 5], [batch()]],
    again: [[randomArray([6, 5], 3), randomIndices([6], 4, 5)]],
  });
});

test("if every row is ignored, the loss and its gradient are 0", async () => {
  const { value, gradients } = await valueAndGradients(
    (logits, labels) => crossEntropy(logits, labels, { ignoreIndex: -1 }),
    [array([[1, 2]]), array([-1], "int64")],
  );
  expect(toNumbers(value)).toEqual([0]);
  expect(toNumbers(gradients[0]!)).toEqual([0, 0]);
});

test("the label -100 is skipped unless another is named", async () => {
  const logits = array([
    [0, 1],
    [5, 2],
  ]);
  const labels = array([1, -100], "int64");
  const loss = await evaluate((x, y) => crossEntropy(x, y), [logits, labels]);
  expect(toNumbers(loss[0]!)[0]).toBeCloseTo(Math.log(1 + Math.exp(-1)), 6);
  expect(toNumbers((await evaluate((x, y) => accuracy(x, y), [logits, labels]))[0]!)).toEqual([1]);
});

test.each([2, -1, -2])("label %i of two classes fails, and names the loss", async (label) => {
  await expect(
    evaluate((x, y) => crossEntropy(x, y), [array([[1, 2]]), array([label], "int64")]),
  ).rejects.toThrow(/failed at cross_entropy .*: GatherElements op: Out of range value/);
});

test("wrong shapes and options are refused", async () => {
  const labels = array([0, 1], "int64");
  await expect(evaluate((x, y) => crossEntropy(x, y), [array([[1, 2]]), labels])).rejects.toThrow(
    /labels must be int64 with one entry per row of \[1, 2\], got int64 \[2\]/,
  );
  await expect(evaluate((x) => crossEntropy(x, x), [array([1, 2])])).rejects.toThrow(
    /logits must be \[N, C\], got \[2\]/,
  );
  await expect(
    evaluate((x, y) => crossEntropy(x, y, { labelSmoothing: 2 }), [array([[1], [2]]), labels]),
  ).rejects.toThrow(/labelSmoothing must be 0 to 1, got 2/);
});
