import { expect, test } from "vitest";
import { batchMaker } from "../batches/batch-maker.ts";
import { createLoader } from "../loader.ts";
import { openDataset } from "../open-dataset.ts";

const spec = { name: "gaussian-shift", split: "test" } as const;

test("classes are equally likely, shifted along one axis each, with unit variance", async () => {
  const length = 30_000;
  const set = await openDataset({ ...spec, length });
  const counts = [0, 0, 0];
  const sums = counts.map(() => [0, 0, 0, 0]);
  const squares = counts.map(() => [0, 0, 0, 0]);
  for (let i = 0; i < length; i++) {
    const { features, label } = set.get(i);
    counts[label]! += 1;
    features.forEach((x, axis) => {
      sums[label]![axis]! += x;
      squares[label]![axis]! += x * x;
    });
  }
  const means = [
    [1, 0, 0, 0],
    [0, -1, 0, 0],
    [-1, 0, 0, 0],
  ];
  // Standard errors: 0.0027 of a share, 0.01 of a mean, 0.014 of a variance.
  for (const [label, expected] of means.entries()) {
    expect(Math.abs(counts[label]! / length - 1 / 3)).toBeLessThan(0.01);
    for (const [axis, mean] of expected.entries()) {
      const found = sums[label]![axis]! / counts[label]!;
      expect(Math.abs(found - mean)).toBeLessThan(0.04);
      const variance = squares[label]![axis]! / counts[label]! - found ** 2;
      expect(Math.abs(variance - 1)).toBeLessThan(0.06);
    }
  }
});

test("the optimal rule classifies 0.666 of the points correctly", async () => {
  const length = 100_000;
  const set = await openDataset({ ...spec, length, seed: 3 });
  let right = 0;
  for (let i = 0; i < length; i++) {
    const { features, label } = set.get(i);
    if (set.optimalLabel!(features) === label) right += 1;
  }
  expect(Math.abs(right / length - 0.666)).toBeLessThan(0.006); // four standard errors
});

test("a point depends only on seed, split and index", async () => {
  const one = await openDataset({ ...spec, length: 10 });
  const longer = await openDataset(spec);
  expect(longer.length).toBe(10_000);
  expect(longer.get(7)).toEqual(one.get(7));
  const others = [
    await openDataset({ ...spec, seed: 1 }),
    await openDataset({ ...spec, split: "train" }),
  ];
  for (const other of others) expect(other.get(7).features).not.toEqual(one.get(7).features);
  expect(() => one.get(10)).toThrow("gaussian-shift has samples 0 to 9, got index 10");
  await expect(openDataset({ ...spec, length: 0 })).rejects.toThrow(
    "the test split must have 1 to 10000000 points, got 0",
  );
});

test("batches hold features and labels of their points", async () => {
  const set = await openDataset({ ...spec, length: 6 });
  const maker = batchMaker(set, { seed: 0, training: false });
  const { arrays } = maker.make({ step: 0, epoch: 0, indices: Int32Array.of(4, 1) });
  expect(arrays.features).toEqual({
    dtype: "float32",
    shape: [2, 4],
    data: Float32Array.of(...set.get(4).features, ...set.get(1).features),
  });
  expect(arrays.labels!.data).toEqual(
    BigInt64Array.of(BigInt(set.get(4).label), BigInt(set.get(1).label)),
  );
});

test("the loader reads every point once per epoch, without threads", async () => {
  await using loader = await createLoader({ ...spec, length: 10 }, { batchSize: 4, workers: 2 });
  const seen: number[] = [];
  for await (const { indices } of loader) seen.push(...indices);
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
