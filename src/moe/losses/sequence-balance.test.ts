import { expect, test } from "vitest";
import { array } from "../../graph/array.ts";
import { batch } from "../../graph/shape.ts";
import { sigmoid } from "../../ops/activation.ts";
import { checkOperator, randomArray } from "../../ops/check.fixture.ts";
import { idsOf, lossOf, maskOf, rowsOf, scalarOf } from "./losses.fixture.ts";
import { sequenceBalanceLoss } from "./sequence-balance.ts";

const logits = [
  [0.5, -0.2, 1, 0.3],
  [0.1, 0.9, -0.5, 0.2],
];
const numTokens = 2;

test("DeepSeek's value, computed in float64", async () => {
  const loss = await lossOf(
    (z, ids) => sequenceBalanceLoss(sigmoid(z), ids, { numTokens }),
    [array(logits), idsOf([[1, 1], [3, 3]])], // biome-ignore format: a matrix
  );
  expect(loss).toBeCloseTo(1.0136517, 6);
});

test("the loss is computed per sequence, then averaged", async () => {
  // The second sequence chooses experts 0 and 2 alternately and has uniform scores: a loss of 1.
  const rows = array([...logits, [0, 0, 0, 0], [0, 0, 0, 0]]);
  const ids = idsOf([[1, 1, 0, 2], [3, 3, 2, 0]]); // biome-ignore format: a matrix
  const loss = await lossOf(
    (z, i) => sequenceBalanceLoss(sigmoid(z), i, { numTokens }),
    [rows, ids],
  );
  expect(loss).toBeCloseTo((1.0136517 + 1) / 2, 6);
});

test("padding is excluded within its sequence, and as a sequence", async () => {
  const pad = [7, 7, -7, 7];
  const rows = array([...logits, pad, pad, pad, pad]);
  const ids = idsOf([[1, 1, 4, 4, 4, 4], [3, 3, 4, 4, 4, 4]]); // biome-ignore format: a matrix
  const run = (kept: number[]) =>
    lossOf(
      (z, i, mask) => sequenceBalanceLoss(sigmoid(z), i, { numTokens: 3, mask }),
      [rows, ids, maskOf(kept)],
    );
  expect(await run([1, 1, 0, 0, 0, 0])).toBeCloseTo(1.0136517, 6);
  expect(await run([0, 0, 0, 0, 0, 0])).toBe(0);
});

test("scores that are all zero in float32 have no normalised value", async () => {
  const loss = await lossOf(
    (z, i) => sequenceBalanceLoss(sigmoid(z), i, { numTokens }),
    [array([[0, 0, 0, 0], [-1e4, -1e4, -1e4, -1e4]]), idsOf([[1, 1], [3, 3]])], // biome-ignore format: matrices
  );
  // Only the first token has normalised scores: f = (0, 2, 0, 2), P = 1/8 each.
  expect(loss).toBeCloseTo(0.5, 6);
});

test("gradient matches finite differences", async () => {
  const chosen = [
    [0, 2, 1, 1, 3, 0],
    [1, 0, 3, 2, 1, 2],
  ];
  const reference = (kept: readonly number[]) => (s: ReturnType<typeof rowsOf>) => {
    const losses = [0, 1].map((b) => {
      const tokens = [0, 1, 2].map((t) => 3 * b + t).filter((n) => kept[n] === 1);
      let sum = 0;
      for (let e = 0; e < 4; e++) {
        const count = chosen.flat().filter((id, at) => id === e && tokens.includes(at % 6)).length;
        const share = tokens
          .map((n) => s[n]![e]! / s[n]!.reduce((total, x) => total + x, 0))
          .reduce((total, x) => total + x, 0);
        sum += ((4 / (2 * tokens.length)) * count * share) / tokens.length;
      }
      return sum;
    });
    return scalarOf((losses[0]! + losses[1]!) / 2);
  };
  const scores = randomArray([6, 4], 9, 0.1, 1);
  await checkOperator({
    fn: (s, i) => sequenceBalanceLoss(s, i, { numTokens: 3 }),
    reference: (s) => reference([1, 1, 1, 1, 1, 1])(rowsOf(s!)),
    inputs: [scores, idsOf(chosen)],
    shapes: [
      [batch(3), 4],
      [2, batch(3)],
    ],
  });
  const kept = [1, 0, 1, 1, 1, 0];
  await checkOperator({
    fn: (s, i, mask) => sequenceBalanceLoss(s, i, { numTokens: 3, mask: mask! }),
    reference: (s) => reference(kept)(rowsOf(s!)),
    inputs: [scores, idsOf(chosen), maskOf(kept)],
  });
});
