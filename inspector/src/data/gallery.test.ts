import type { StoredRecord } from "moesaic/inspect";
import { expect, test } from "vitest";
import { layerGallery } from "./gallery.ts";

/** Two images of two patches each, and a text of three words. */
const record: StoredRecord = {
  name: "run",
  recipe: "",
  config: {},
  summary: {},
  classNames: ["cat"],
  mosaics: [0.4, 0.9].map((weight, i) => ({
    image: { width: 2, height: 1, channels: 1, data: Uint8Array.of(i * 10, i * 10 + 1) },
    label: 0,
    layers: [
      {
        layer: "moe",
        rows: 1,
        cols: 2,
        numExperts: 3,
        ids: [[1, 1]],
        combineWeights: [[weight, 0.95]],
      },
    ],
  })),
  tokenTraces: [
    {
      tokens: ["a", "cat", "a"],
      layers: [{ layer: "moe", numExperts: 3, ids: [[0, 1, 0]], combineWeights: [[1, 1, 1]] }],
    },
  ],
};

test("without a recorded gallery, it is built from the recorded images and texts", () => {
  const gallery = layerGallery(record, "moe")!;
  expect([gallery.numPatches, gallery.numWords, gallery.ofRecord]).toEqual([4, 3, true]);
  const [none, own] = gallery.experts;
  expect(none!.patches).toEqual([]);
  expect(none!.words).toEqual([{ text: "a", count: 2, total: 2 }]);
  // The best patch of each image comes before the second of any.
  expect(own!.patches.map(({ index, probability }) => [index, probability])).toEqual([
    [0, 0.95],
    [1, 0.95],
    [1, 0.9],
    [0, 0.4],
  ]);
  expect([...own!.patches[1]!.image.data]).toEqual([11]);
});

test("a recorded gallery is used unchanged; an unknown layer has none", () => {
  const recorded = { layer: "moe", numPatches: 0, numWords: 0, experts: [] };
  expect(layerGallery({ ...record, galleries: [recorded] }, "moe")).toEqual({
    ...recorded,
    ofRecord: false,
  });
  expect(layerGallery(record, "elsewhere")).toBeUndefined();
});
