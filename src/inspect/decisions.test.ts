import { expect, test } from "vitest";
import { patchDecisions } from "./decisions.ts";

test("the patches with the highest and the lowest confidence, choices in order", () => {
  // Two samples of two patches; in the second, patch 1 has the higher confidence.
  const layer = {
    layer: "blocks.0.moe",
    ids: { shape: [2, 4], data: [0n, 0n, 2n, 1n, 1n, 1n, 0n, 3n] }, // 3 means no expert
    probabilities: {
      shape: [4, 3],
      data: [1, 0, 0, 0.9, 0.1, 0, 0.3, 0.3, 0.4, 0.1, 0.8, 0.100_04],
    },
  };
  const decisions = patchDecisions({ layers: [layer], rows: 1, columns: 2, sample: 1 });
  expect(decisions).toEqual([
    {
      patch: 1,
      rows: 1,
      cols: 2,
      layers: [{ layer: "blocks.0.moe", probabilities: [0.1, 0.8, 0.1], ids: [1] }],
    },
    {
      patch: 0,
      rows: 1,
      cols: 2,
      layers: [{ layer: "blocks.0.moe", probabilities: [0.3, 0.3, 0.4], ids: [2, 0] }],
    },
  ]);
});

test("a single patch is reported once", () => {
  const layer = {
    layer: "moe",
    ids: { shape: [1, 1], data: [0] },
    probabilities: { shape: [1, 2], data: [0.5, 0.5] },
  };
  expect(patchDecisions({ layers: [layer], rows: 1, columns: 1, sample: 0 })).toHaveLength(1);
});

test("words of a pair are skipped", () => {
  const layer = {
    layer: "moe",
    ids: { shape: [1, 4], data: [0, 1, 1, 0] }, // a patch and a word, twice
    probabilities: { shape: [4, 2], data: [0.5, 0.5, 0.1, 0.9, 0.25, 0.75, 1, 0] },
  };
  const pair = { layers: [layer], rows: 1, columns: 1, stride: 2 };
  expect(patchDecisions({ ...pair, sample: 1 })).toMatchObject([
    { patch: 0, layers: [{ probabilities: [0.25, 0.75], ids: [1] }] },
  ]);
});
