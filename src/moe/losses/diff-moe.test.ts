import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { softmax } from "../../ops/softmax.ts";
import { evaluate, valueAndGradients } from "../../runtime/evaluate.ts";
import { meanSquareBalanceLoss, uniformKlLoss } from "./diff-moe.ts";

test("both losses match the README's formula, computed in float64", async () => {
  const logits = array([
    [2, 1, 0.5, -1],
    [0.1, 0.2, 0.3, 0.4],
  ]);
  const [z, kl, total] = await evaluate(
    (x) => {
      const p = softmax(x);
      const [square, divergence] = [meanSquareBalanceLoss(p), uniformKlLoss(p)];
      return [square, divergence, add(mul(square, 0.001), mul(divergence, 0.01))];
    },
    [logits],
  );
  expect(z!.data[0]).toBeCloseTo(0.287354, 6);
  expect(kl!.data[0]).toBeCloseTo(0.0689557, 6);
  expect(total!.data[0]).toBeCloseTo(0.000976911, 8);
});

test("balanced, collapsed, and with an unused expert", async () => {
  const losses = async (rows: number[][]) =>
    (await evaluate((p) => [meanSquareBalanceLoss(p), uniformKlLoss(p)], [array(rows)])).map(
      (value) => toNumbers(value)[0]!,
    );
  // Balanced over all tokens, although each token is certain: 1/E and 0.
  expect(await losses([[1, 0], [0, 1]])).toEqual([0.5, 0]); // biome-ignore format: a matrix
  const [square, kl] = await losses([[0, 0, 1, 0]]);
  expect(square).toBe(1);
  expect(kl).toBeCloseTo(Math.log(4), 6);
});

test("gradients are finite if an expert's probability is zero", async () => {
  // d/dm of sum m log(m E) is log(m E) + 1, through a mean over two tokens.
  const { gradients } = await valueAndGradients((p) => uniformKlLoss(p), [array([[0.5, 0.5, 0], [1, 0, 0]])]); // biome-ignore format: a matrix
  const row = [0.75, 0.25].map((m) => (Math.log(m * 3) + 1) / 2);
  const found = toNumbers(gradients[0]!);
  for (const [i, at] of [0, 3].entries()) {
    expect(found[at], `row ${i}`).toBeCloseTo(row[0]!, 5);
    expect(found[at + 1], `row ${i}`).toBeCloseTo(row[1]!, 5);
    expect(Number.isFinite(found[at + 2])).toBe(true);
  }
});
