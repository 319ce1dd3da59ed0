import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { batch } from "../graph/shape.ts";
import { normalArray } from "../nn/scope.fixture.ts";
import { checkOperators, type Values } from "../ops/check.fixture.ts";
import { cast } from "../ops/compare.ts";
import { evaluate } from "../runtime/evaluate.ts";
import {
  alignmentLoss,
  infoNceLoss,
  meanSimilarity,
  pairAccuracy,
  sigmoidPairLoss,
} from "./contrastive.ts";
import { repeatedRows } from "./repeated-rows.ts";

const z = array([
  [1, 0, 0],
  [0.6, 0.8, 0],
  [0, 0, 1],
]);
const t = array([
  [0.8, 0.6, 0],
  [0, 1, 0],
  [0.6, 0, 0.8],
]);

test("golden values of three pairs", async () => {
  const [clip, siglip, alignment, accuracy] = await evaluate(
    (a, b) => [
      infoNceLoss(a, b, 10),
      sigmoidPairLoss(a, b, { scale: 10, bias: -10 }),
      alignmentLoss(a, b),
      pairAccuracy(a, b),
    ],
    [z, t],
  );
  expect(toNumbers(clip!)[0]).toBeCloseTo(0.6393611, 6);
  expect(toNumbers(siglip!)[0]).toBeCloseTo(2.3045819, 5);
  expect(toNumbers(alignment!)[0]).toBeCloseTo(-0.8, 6); // all three cosines are 0.8
  expect(toNumbers(accuracy!)[0]).toBeCloseTo(2 / 3, 6); // 0.96 beats the 0.8 of the second
});

test("excluded pairs are in no denominator", async () => {
  const ids = array(
    [
      [1, 2],
      [2, 1],
      [1, 2],
    ],
    "int64",
  );
  const [same, clip, siglip] = await evaluate(
    (a, b, rows) => {
      const ignore = repeatedRows(rows!);
      return [
        cast(ignore, "float32"),
        infoNceLoss(a!, b!, 1, { ignore }),
        sigmoidPairLoss(a!, b!, { scale: 1, bias: 0, ignore }),
      ];
    },
    [z, t, ids],
  );
  expect(toNumbers(same!)).toEqual([0, 0, 1, 0, 0, 0, 1, 0, 0]);
  // Cosines [.8, 0, .6], [.96, .8, .36], [0, 0, .8]; entries 0, 2 and 2, 0 do not count.
  const lse = (...x: number[]) => Math.log(x.reduce((sum, v) => sum + Math.exp(v), 0));
  const rows = lse(0.8, 0) + lse(0.96, 0.8, 0.36) + lse(0, 0.8);
  const columns = lse(0.8, 0.96) + lse(0, 0.8, 0) + lse(0.36, 0.8);
  expect(toNumbers(clip!)[0]).toBeCloseTo((rows + columns) / 6 - 0.8, 6);
  const wrong = [0, 0.96, 0.36, 0].map((x) => Math.log(1 + Math.exp(x)));
  const right = 3 * Math.log(1 + Math.exp(-0.8));
  expect(toNumbers(siglip!)[0]).toBeCloseTo((wrong.reduce((a, b) => a + b) + right) / 3, 5);
});

test("mean similarity covers only different rows: 1 if all are equal, 0 for a single row", async () => {
  const one = array([[0.6, 0.8, 0]]);
  const collapsed = array(Array(4).fill([0.6, 0.8, 0]) as number[][]);
  const values = await evaluate((...sets) => sets.map(meanSimilarity), [z, t, collapsed, one]);
  const [spread, texts, same, single] = values.map((value) => toNumbers(value)[0]!);
  expect(spread).toBeCloseTo(0.6 / 3, 6); // cosines 0.6, 0 and 0
  expect(texts).toBeCloseTo((0.6 + 0.48 + 0) / 3, 6);
  expect(same).toBeCloseTo(1, 5);
  expect(single).toBe(0);
});

/** `z tᵀ` as rows. */
function similarities(a: Values, b: Values): number[][] {
  const [rows, width] = a.shape as [number, number];
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: rows }, (_, j) =>
      Array.from(
        { length: width },
        (_, p) => a.data[i * width + p]! * b.data[j * width + p]!,
      ).reduce((sum, x) => sum + x, 0),
    ),
  );
}

const scalar = (value: number): Values => ({ shape: [], data: [value] });
const logSum = (row: readonly number[]): number =>
  Math.log(row.reduce((s, x) => s + Math.exp(x), 0));
const mean = (values: readonly number[]): number =>
  values.reduce((sum, x) => sum + x, 0) / values.length;

test("values and numerical gradients, for any number of pairs", async () => {
  const pair = (rows: number) => [
    normalArray("z", [rows, 4]),
    normalArray("t", [rows, 4]),
    array([1.7]),
  ];
  const shapes = [[batch(), 4], [batch(), 4], undefined];
  const common = { inputs: pair(3), shapes, again: [pair(5)] };
  await checkOperators([
    {
      ...common,
      fn: (a, b, scale) => infoNceLoss(a!, b!, scale!),
      reference: (a, b, scale) => {
        const rows = similarities(a!, b!).map((row) => row.map((x) => x * scale!.data[0]!));
        const columns = rows.map((_, j) => rows.map((row) => row[j]!));
        const each = rows.map((row, i) => (logSum(row) + logSum(columns[i]!)) / 2 - row[i]!);
        return scalar(mean(each));
      },
    },
    {
      ...common,
      fn: (a, b, scale) => sigmoidPairLoss(a!, b!, { scale: scale!, bias: -0.5 }),
      reference: (a, b, scale) => {
        const rows = similarities(a!, b!).map((row, i) =>
          row
            .map((x, j) => (i === j ? 1 : -1) * (x * scale!.data[0]! - 0.5))
            .map((x) => Math.log(1 + Math.exp(-x)))
            .reduce((sum, x) => sum + x, 0),
        );
        return scalar(mean(rows));
      },
    },
    {
      fn: (a, b) => alignmentLoss(a!, b!),
      inputs: pair(3).slice(0, 2),
      reference: (a, b) => scalar(-mean(similarities(a!, b!).map((row, i) => row[i]!))),
    },
    {
      fn: (a) => meanSimilarity(a!),
      inputs: pair(3).slice(0, 1),
      shapes: shapes.slice(0, 1),
      again: [pair(5).slice(0, 1)],
      reference: (a) => {
        const others = similarities(a!, a!).map((row, i) => row.filter((_, j) => j !== i));
        return scalar(mean(others.flat()));
      },
    },
  ]);
});

test("a tie between different texts is chance, one between equal texts is none", async () => {
  const one = [0.6, 0.8, 0];
  const collapsed = array([one, one, one, one]);
  const ids = array([[1], [1], [2], [3]], "int64");
  const [chance, known, half] = await evaluate(
    (a, b, texts) => [
      pairAccuracy(a, b),
      pairAccuracy(a, b, { same: repeatedRows(texts) }),
      pairAccuracy(a, a),
    ],
    [collapsed, collapsed, ids],
  );
  expect(toNumbers(chance!)[0]).toBeCloseTo(1 / 4, 6);
  expect(toNumbers(half!)[0]).toBeCloseTo(1 / 4, 6);
  // The first two rows have three different texts to choose from, the others their own and three more.
  expect(toNumbers(known!)[0]).toBeCloseTo((1 / 3 + 1 / 3 + 1 / 4 + 1 / 4) / 4, 6);
});
