import { expect, test } from "vitest";
import type { Mosaic } from "../../../src/inspect/types/mosaic.ts";
import {
  chosenMosaic,
  decisionsAt,
  expertAt,
  imageRouting,
  liveRouting,
  sharesOf,
} from "./routing.ts";

const image = { width: 2, height: 1, channels: 1, data: new Uint8Array(2) };
const first = {
  layer: "blocks.0.moe",
  rows: 1,
  cols: 2,
  numExperts: 3,
  experts: [2, 3], // 3 is none: dropped
  gates: [0.7, 0],
};
const record = {
  name: "run",
  recipe: "",
  config: {},
  summary: {},
  classNames: [],
};

test("a record of first choices alone is read, and its gates stand for probabilities", () => {
  const mosaic: Mosaic = { image, label: 0, layers: [first] };
  const { layers } = imageRouting(mosaic, record)!;
  expect([expertAt(layers[0]!, 0, 0), expertAt(layers[0]!, 0, 1), expertAt(layers[0]!, 1, 0)]).toEqual([2, -1, -1]); // biome-ignore format: three places
  expect(decisionsAt(layers, 0)).toEqual([
    { layer: "blocks.0.moe", probabilities: [0, 0, 0.7], experts: [2] },
  ]);
  expect(sharesOf(layers, 0)).toEqual([0, 0, 0.5]);
});

test("all choices and probabilities are read where they are there, and layers ordered", () => {
  const second = { ...first, layer: "blocks.1.moe", choices: [[2, 3], [0, 1]], weights: [[0.7, 0], [0.3, 1]], probabilities: Float32Array.of(0.25, 0.25, 0.5, 0, 1, 0) }; // biome-ignore format: one layer
  const routing = ["blocks.0.moe", "blocks.1.moe"].map((layer) => ({ layer, numExperts: 3 }));
  const mosaic: Mosaic = { image, label: 0, layers: [second, first] };
  const found = imageRouting(mosaic, { ...record, routing: routing as never })!;
  expect(found.layers.map(({ layer }) => layer)).toEqual(["blocks.0.moe", "blocks.1.moe"]);
  expect(decisionsAt(found.layers, 0)[1]).toEqual({
    layer: "blocks.1.moe",
    probabilities: [0.25, 0.25, 0.5],
    experts: [2, 0],
  });
  expect(chosenMosaic(found, found.layers[1]!, 1)).toMatchObject({
    experts: [0, 1],
    gates: [0.3, 1],
    numExperts: 3,
  });
});

test("a live answer is read like a record", () => {
  const probabilities = Float32Array.of(0.1, 0.9);
  const live = { rows: 1, cols: 1, layers: [{ layer: "moe", numExperts: 2, experts: [[1]], gates: [[0.9]], probabilities }] }; // biome-ignore format: one answer
  const { layers, rows } = liveRouting(live);
  expect([rows, expertAt(layers[0]!, 0, 0), layers[0]!.weights]).toEqual([1, 1, [[0.9]]]);
});
