import { expect, test } from "vitest";
import { array } from "../../graph/array.ts";
import { batch } from "../../graph/shape.ts";
import { checkOperator, randomArray } from "../../ops/check.fixture.ts";
import { importanceLoss, sparseGates } from "./importance.ts";
import {
  columnMeans,
  entriesOf,
  idsOf,
  lossOf,
  maskOf,
  rowsOf,
  scalarOf,
  variationOf,
} from "./losses.fixture.ts";

const gates = array([
  [0.5, 0.4, 0.1],
  [0.3, 0.3, 0.4],
  [0.1, 0.2, 0.7],
  [0.8, 0.2, 0],
]);

test("V-MoE's value (vmoe routing_test.py), and the unbiased one", async () => {
  expect(await lossOf((g) => importanceLoss(g), [gates])).toBeCloseTo(0.03874999, 6);
  const unbiased = await lossOf((g) => importanceLoss(g, { unbiased: true }), [gates]);
  expect(unbiased).toBeCloseTo(0.058125, 6);
});

test("sparse gates of Shazeer et al., with choices without an expert", async () => {
  const ids = idsOf([
    [0, 2, 3],
    [1, 0, 3],
  ]);
  const weights = array([
    [0.75, 0.5, 0],
    [0.25, 0.5, 0],
  ]);
  const found = await entriesOf((i, w) => sparseGates(i, w, 3), [ids, weights]);
  expect(found).toEqual([0.75, 0.25, 0, 0.5, 0, 0.5, 0, 0, 0]);
  // Importance 1.25, 0.25, 0.5: mean 2/3, squared deviations 49/144, 25/144, 4/144.
  const loss = await lossOf((i, w) => importanceLoss(sparseGates(i, w, 3)), [ids, weights]);
  expect(loss).toBeCloseTo(78 / 144 / 3 / (4 / 9), 6);
});

test("masked tokens have no effect", async () => {
  const some = await lossOf(
    (g, m) => importanceLoss(g, { mask: m }),
    [gates, maskOf([1, 0, 1, 0])],
  );
  expect(some).toBeCloseTo(variationOf([0.6, 0.6, 0.8]), 6);
  expect(
    await lossOf((g, m) => importanceLoss(g, { mask: m }), [gates, maskOf([0, 0, 0, 0])]),
  ).toBe(0);
});

test.each([false, true])("a single expert has zero loss, unbiased %s", async (unbiased) => {
  const one = array([[1], [1]]);
  expect(await lossOf((g) => importanceLoss(g, { unbiased }), [one])).toBe(0);
});

test.each([false, true])("gradient matches finite differences, unbiased %s", async (unbiased) => {
  const correction = unbiased ? 1 : 0;
  await checkOperator({
    fn: (g) => importanceLoss(g, { unbiased }),
    reference: (g) => scalarOf(variationOf(columnMeans(rowsOf(g!)), correction)),
    inputs: [randomArray([5, 4], 3, 0.1, 1)],
    shapes: [[batch(), 4]],
    again: [[randomArray([2, 4], 4, 0.1, 1)]],
  });
  await checkOperator({
    fn: (g, mask) => importanceLoss(g, { unbiased, mask: mask! }),
    reference: (g, mask) =>
      scalarOf(
        variationOf(columnMeans(rowsOf(g!).filter((_, n) => mask!.data[n] === 1)), correction),
      ),
    inputs: [randomArray([5, 4], 3, 0.1, 1), maskOf([1, 1, 0, 1, 0])],
  });
});
