import { expect, test } from "vitest";
import { array } from "../../graph/array.ts";
import { checkOperator, randomArray } from "../../ops/check.fixture.ts";
import { softmax } from "../../ops/softmax.ts";
import { uniformKlLoss, uniformToRoutingKlLoss } from "./kl.ts";
import { columnMeans, lossOf, maskOf, rowsOf, scalarOf } from "./losses.fixture.ts";

test("divergence to uniform, computed in float64", async () => {
  const logits = array([
    [2, 1, 0.5, -1],
    [0.1, 0.2, 0.3, 0.4],
  ]);
  expect(await lossOf((x) => uniformKlLoss(softmax(x)), [logits])).toBeCloseTo(0.0689557, 6);
});

test("both directions for a mean of 3/4 and 1/4, over the unmasked tokens", async () => {
  const p = array([[0.5, 0.5], [1, 0], [0, 1]]); // biome-ignore format: a matrix
  const inputs = [p, maskOf([1, 1, 0])];
  const to = await lossOf((x, mask) => uniformKlLoss(x, { mask }), inputs);
  expect(to).toBeCloseTo(0.75 * Math.log(1.5) + 0.25 * Math.log(0.5), 6);
  const from = await lossOf((x, mask) => uniformToRoutingKlLoss(x, { mask }), inputs);
  expect(from).toBeCloseTo(-0.5 * (Math.log(1.5) + Math.log(0.5)), 6);
});

test("balanced and empty routing give 0; an unused expert gives a large, finite value", async () => {
  const losses = async (rows: number[][], kept: number[]) => [
    await lossOf((x, mask) => uniformKlLoss(x, { mask }), [array(rows), maskOf(kept)]),
    await lossOf((x, mask) => uniformToRoutingKlLoss(x, { mask }), [array(rows), maskOf(kept)]),
  ];
  for (const loss of await losses([[1, 0], [0, 1]], [1, 1])) expect(loss).toBeCloseTo(0, 6); // biome-ignore format: a matrix
  expect((await losses([[1, 0]], [0])).map(Math.abs)).toEqual([0, 0]);
  const [to, from] = await losses([[1, 0]], [1]);
  expect(to).toBeCloseTo(Math.log(2), 6);
  expect(from).toBeCloseTo((30 * Math.log(10)) / 2 - Math.log(2), 4);
});

test("gradients match finite differences", async () => {
  const kept = [1, 0, 1, 1];
  const inputs = [randomArray([4, 3], 5, 0.1, 1), maskOf(kept)];
  const mean = (x: { shape: readonly number[]; data: ArrayLike<number> }) =>
    columnMeans(rowsOf(x).filter((_, n) => kept[n] === 1));
  await checkOperator({
    fn: (x, mask) => uniformKlLoss(x, { mask: mask! }),
    reference: (x) => scalarOf(mean(x!).reduce((sum, m) => sum + m * Math.log(m * 3), 0)),
    inputs,
  });
  await checkOperator({
    fn: (x, mask) => uniformToRoutingKlLoss(x, { mask: mask! }),
    reference: (x) => scalarOf(-mean(x!).reduce((sum, m) => sum + Math.log(m * 3), 0) / 3),
    inputs,
  });
});
