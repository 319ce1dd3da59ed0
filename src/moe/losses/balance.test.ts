import { expect, test } from "vitest";
import { array } from "../../graph/array.ts";
import { batch } from "../../graph/shape.ts";
import { checkOperator, randomArray } from "../../ops/check.fixture.ts";
import { transpose } from "../../ops/reshape.ts";
import { softmax } from "../../ops/softmax.ts";
import { topK } from "../../ops/top-k.ts";
import { type BalancedChoices, balanceLoss, huggingFaceBalanceLoss } from "./balance.ts";
import { columnMeans, idsOf, lossOf, maskOf, rowsOf, scalarOf } from "./losses.fixture.ts";

const first = [2, 1, 0.5, -1];
const second = [0.1, 0.2, 0.3, 0.4];
const logits = array([first, second, first, second, [-1, 3, 0, 0.5]]);

test("GShard's value (vmoe routing_test.py)", async () => {
  const gates = array([
    [0.5, 0.4, 0.1],
    [0.3, 0.3, 0.4],
    [0.1, 0.2, 0.7],
    [0.8, 0.2, 0],
  ]);
  const loss = await lossOf((g, ids) => balanceLoss(g, ids), [gates, idsOf([[0, 2, 2, 0]])]);
  expect(loss).toBeCloseTo(1.0875, 6);
});

test("Switch's and Hugging Face's values on five tokens, computed in float64", async () => {
  const run = (choices: BalancedChoices): Promise<number> =>
    lossOf(
      (x) => {
        const p = softmax(x);
        return balanceLoss(p, transpose(topK(p, 2).indices), { choices });
      },
      [logits],
    );
  expect(await run("first")).toBeCloseTo(1.0454796, 6);
  expect(await run("sum")).toBeCloseTo(1.9999761, 6);
  expect(await run("mean")).toBeCloseTo(1.9999761 / 2, 6);
});

test("Hugging Face's attention mask excludes padding from both factors", async () => {
  const padded = array([first, [50, 0, 0, 0], second, first, second, [-1, 3, 0, 0.5], first]);
  const loss = await lossOf(
    (x, mask) => {
      const p = softmax(x);
      return huggingFaceBalanceLoss(p, transpose(topK(p, 2).indices), { mask });
    },
    [padded, maskOf([1, 0, 1, 1, 1, 1, 0])],
  );
  expect(loss).toBeCloseTo(1.9999761, 6);
});

test("balanced routing gives 1, or K with the slots added; collapsed routing gives E", async () => {
  const uniform = array([[0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]]); // biome-ignore format: a matrix
  const ids = idsOf([[0, 1], [2, 3]]); // biome-ignore format: a matrix
  const run = (choices: BalancedChoices) =>
    lossOf((p, i) => balanceLoss(p, i, { choices }), [uniform, ids]);
  expect([await run("first"), await run("sum"), await run("mean")]).toEqual([1, 2, 1]);
  const certain = array([[1, 0, 0, 0], [1, 0, 0, 0]]); // biome-ignore format: a matrix
  expect(await lossOf((p, i) => balanceLoss(p, i), [certain, idsOf([[0, 0]])])).toBe(4);
});

test("choices without an expert are not counted; without tokens the loss is 0", async () => {
  const p = array([[0.5, 0.5], [0.25, 0.75]]); // biome-ignore format: a matrix
  // f = (1/2, 0), P = (3/8, 5/8)
  expect(await lossOf((x, i) => balanceLoss(x, i), [p, idsOf([[0, 2]])])).toBeCloseTo(3 / 8, 6);
  const none = [p, idsOf([[0, 1]]), maskOf([0, 0])];
  expect(await lossOf((x, i, mask) => balanceLoss(x, i, { mask }), none)).toBe(0);
});

test.each([
  ["first", 1],
  ["sum", 2],
  ["mean", 2],
] as const)("gradient by differences, choices %s", async (choices, counted) => {
  const ids = [
    [0, 2, 2, 1, 0],
    [1, 0, 3, 4, 2],
  ];
  const kept = [1, 1, 0, 1, 1];
  await checkOperator({
    fn: (p, i, mask) => balanceLoss(p, i, { choices, mask: mask! }),
    reference: (p, _, mask) => {
      const tokens = [0, 1, 2, 3, 4].filter((n) => mask!.data[n] === 1);
      const means = columnMeans(tokens.map((n) => rowsOf(p!)[n]!));
      const slots = ids.slice(0, counted);
      const shares = means.map((mean, e) => {
        const count = slots.flatMap((slot) => tokens.filter((n) => slot[n] === e)).length;
        return (mean * count) / tokens.length;
      });
      const sum = shares.reduce((total, share) => total + share, 0);
      return scalarOf((4 * sum) / (choices === "mean" ? 2 : 1));
    },
    inputs: [randomArray([5, 4], 7, 0.1, 1), idsOf(ids), maskOf(kept)],
    shapes: [[batch(), 4], [2, batch()], [batch()]],
  });
});
