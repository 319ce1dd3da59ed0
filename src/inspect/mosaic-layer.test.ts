import { expect, test } from "vitest";
import { layerExperts, mosaicLayer } from "./mosaic-layer.ts";

const values = (shape: number[], data: ArrayLike<number | bigint>) => ({ shape, data });

test("a mosaic contains the decisions for each patch of its sample", () => {
  const routed = {
    ids: values([2, 4], [0n, 1n, 2n, 3n, 9n, 9n, 9n, 9n]),
    combineWeights: values([2, 4], [0.5, 0.625, 0.75, 0.875, 0.4, 0.3, 0.2, 0.1]),
    probabilities: values(
      [4, 4],
      Array.from({ length: 16 }, (_, i) => i / 16),
    ),
  };
  expect(mosaicLayer("blocks.0.moe", routed, { rows: 1, columns: 2, sample: 1 })).toEqual({
    layer: "blocks.0.moe",
    rows: 1,
    cols: 2,
    numExperts: 4,
    ids: [[2, 3]], // no patch has a second expert: 9 means none
    combineWeights: [[0.75, 0.875]],
    probabilities: Float32Array.from({ length: 8 }, (_, i) => (i + 8) / 16),
  });
});

test("a mosaic of a pair skips its words", () => {
  const routed = {
    ids: values([1, 6], [0, 1, 3, 2, 0, 3]), // two patches and a word, twice
    combineWeights: values([1, 6], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
    probabilities: values([6, 4], Array(24).fill(0.25)),
  };
  const layer = mosaicLayer("moe", routed, { rows: 1, columns: 2, sample: 1, stride: 3 });
  expect(layer).toMatchObject({ ids: [[2, 0]], combineWeights: [[0.4, 0.5]] });
});

test("the number of experts comes from the record, the run's routing, or the highest id seen", () => {
  const layer = { layer: "moe", rows: 1, cols: 2, ids: [[2, 0]] };
  const routing = [{ layer: "moe", numExperts: 8 }] as never;
  expect(layerExperts({ ...layer, numExperts: 4 }, routing)).toBe(4);
  expect(layerExperts(layer, routing)).toBe(8);
  expect(layerExperts(layer)).toBe(3);
});
