import { expect, test } from "vitest";
import { maxViolation, mosaicLayer, routingStatistics } from "./routing-statistics.ts";

test("maximal violation is the largest load over the mean, less one", () => {
  expect(maxViolation([4, 1, 3, 0])).toBe(1); // mean 2
  expect(maxViolation([3n, 3n])).toBe(0);
  expect(maxViolation([0, 0])).toBe(0);
});

test("loads, mean probabilities and choices by class add up over batches", () => {
  // Two samples of two tokens each, K = 2 of E = 3; first choices, then second ones.
  const statistics = routingStatistics({ numClasses: 2 });
  statistics.add("blocks.0.moe", {
    ids: { shape: [2, 4], data: [0, 0, 1, 0, /* second choices */ 1, 2, 2, 1] },
    probabilities: {
      shape: [4, 3],
      data: [0.5, 0.25, 0.25, 0.5, 0.25, 0.25, 0, 0.5, 0.5, 0.5, 0.5, 0],
    },
    labels: [0, 1],
  });
  statistics.add("blocks.0.moe", {
    ids: { shape: [2, 2], data: [2n, 2n, 0n, 0n] },
    probabilities: { shape: [2, 3], data: [0, 0, 1, 0, 0, 1] },
    labels: [1, 1],
  });
  expect(statistics.layers()).toEqual([
    {
      layer: "blocks.0.moe",
      numExperts: 3,
      load: [5 / 12, 3 / 12, 4 / 12],
      importance: [1.5 / 6, 1.5 / 6, 3 / 6],
      byClass: [
        [2, 1, 1],
        [3, 2, 3],
      ],
    },
  ]);
});

test("an assignment without an expert counts for none, and classes may be absent", () => {
  const statistics = routingStatistics();
  statistics.add("moe", {
    ids: { shape: [1, 2], data: [2n, 1n] },
    probabilities: { shape: [2, 2], data: [1, 0, 0.5, 0.5] },
  });
  expect(statistics.layers()).toEqual([
    { layer: "moe", numExperts: 2, load: [0, 1], importance: [0.75, 0.25] },
  ]);
});

test("a mosaic takes the first choice of each patch of its sample", () => {
  const layer = mosaicLayer({
    layer: "blocks.0.moe",
    rows: 1,
    columns: 2,
    sample: 1,
    ids: [0n, 1n, 2n, 3n, 9n, 9n, 9n, 9n],
    combineWeights: [0.6, 0.7, 0.8, 0.9, 0.4, 0.3, 0.2, 0.1],
    numExperts: 4,
  });
  expect(layer).toEqual({
    layer: "blocks.0.moe",
    rows: 1,
    cols: 2,
    numExperts: 4,
    experts: [2, 3],
    gates: [0.8, 0.9],
  });
});
