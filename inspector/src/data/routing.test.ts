import type { Mosaic } from "moesaic/inspect";
import { expect, test } from "vitest";
import { decisionsAt, expertAt, imageRouting, sharesOf, weightAt } from "./routing.ts";

const image = { width: 2, height: 1, channels: 1, data: new Uint8Array(2) };
const first = {
  layer: "blocks.0.moe",
  rows: 1,
  cols: 2,
  numExperts: 3,
  ids: [[2, 3]], // 3 means none: dropped
  combineWeights: [[0.7, 0]],
};
const record = {
  name: "run",
  recipe: "",
  config: {},
  summary: {},
  classNames: [],
};

test("a record of first choices only is read, and its weights replace probabilities", () => {
  const mosaic: Mosaic = { image, label: 0, layers: [first] };
  const { layers } = imageRouting(mosaic, record)!;
  expect([expertAt(layers[0]!, 0, 0), expertAt(layers[0]!, 0, 1), expertAt(layers[0]!, 1, 0)]).toEqual([2, -1, -1]); // biome-ignore format: three places
  expect([weightAt(layers[0]!, 0, 0), weightAt(layers[0]!, 1, 0)]).toEqual([0.7, undefined]);
  expect(decisionsAt(layers, 0)).toEqual([
    { layer: "blocks.0.moe", probabilities: [0, 0, 0.7], ids: [2] },
  ]);
  expect(sharesOf(layers, 0)).toEqual([0, 0, 0.5]);
});

test("all choices and probabilities are read if present, and layers are ordered", () => {
  const second = { ...first, layer: "blocks.1.moe", ids: [[2, 3], [0, 1]], combineWeights: [[0.7, 0], [0.3, 1]], probabilities: Float32Array.of(0.25, 0.25, 0.5, 0, 1, 0) }; // biome-ignore format: one layer
  const routing = ["blocks.0.moe", "blocks.1.moe"].map((layer) => ({ layer, numExperts: 3 }));
  const mosaic: Mosaic = { image, label: 0, layers: [second, first] };
  const found = imageRouting(mosaic, { ...record, routing: routing as never })!;
  expect(found.layers.map(({ layer }) => layer)).toEqual(["blocks.0.moe", "blocks.1.moe"]);
  expect(decisionsAt(found.layers, 0)[1]).toEqual({
    layer: "blocks.1.moe",
    probabilities: [0.25, 0.25, 0.5],
    ids: [2, 0],
  });
  expect([expertAt(found.layers[1]!, 1, 1), weightAt(found.layers[1]!, 1, 1)]).toEqual([1, 1]);
});

test("the number of experts of an old record comes from the run's routing, otherwise from choices", () => {
  const { numExperts: _, ...old } = first;
  const mosaic: Mosaic = { image, label: 0, layers: [old] };
  const experts = (given: object) =>
    imageRouting(mosaic, { ...record, ...given })!.layers[0]!.numExperts;
  expect(experts({ routing: [{ layer: "blocks.0.moe", numExperts: 8 }] })).toBe(8);
  expect(experts({})).toBe(4);
});
