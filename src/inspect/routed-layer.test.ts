import { expect, test } from "vitest";
import { joinLayers, routedLayer, withoutEmptyChoices } from "./routed-layer.ts";

// Two choices of four tokens, first choices first; 4 means no expert.
const probabilities = [
  ...[0, 0.25, 0.75, 0],
  ...[0.5, 0, 0, 0.5],
  ...[0, 0, 0, 1],
  ...[0, 0.625, 0.375, 0],
];
const routed = {
  ids: { shape: [2, 4], data: [2n, 0n, 3n, 1n, 1n, 3n, 4n, 2n] },
  combineWeights: { shape: [2, 4], data: [0.75, 0.5, 1, 0.625, 0.25, 0.5, 0, 0.375] },
  probabilities: { shape: [4, 4], data: probabilities },
};
const first = routedLayer("moe", routed, { start: 0, count: 1 });
const later = routedLayer("moe", routed, { start: 2, count: 2 });

test("the decisions for a part of a batch", () => {
  expect(later).toEqual({
    layer: "moe",
    numExperts: 4,
    ids: [
      [3, 1],
      [4, 2],
    ],
    combineWeights: [
      [1, 0.625],
      [0, 0.375],
    ],
    probabilities: new Float32Array(probabilities.slice(8)),
  });
});

test("unused choices are removed, except the first", () => {
  const third = withoutEmptyChoices(routedLayer("moe", routed, { start: 2, count: 1 }));
  expect([third.ids, third.combineWeights]).toEqual([[[3]], [[1]]]);
  expect(withoutEmptyChoices(later)).toEqual(later);
  const dropped = { ...third, ids: [[4]], combineWeights: [[0]] };
  expect(withoutEmptyChoices(dropped)).toEqual(dropped);
});

test("layers of consecutive texts are concatenated", () => {
  const joined = {
    layer: "moe",
    numExperts: 4,
    ids: [
      [2, 3, 1],
      [1, 4, 2],
    ],
    combineWeights: [
      [0.75, 1, 0.625],
      [0.25, 0, 0.375],
    ],
    probabilities: new Float32Array([...probabilities.slice(0, 4), ...probabilities.slice(8)]),
  };
  expect(joinLayers([first], [later])).toEqual([joined]);
  expect(joinLayers([], [later])).toEqual([later]);
  const { probabilities: _, ...plain } = first;
  expect(joinLayers([plain], [later])[0]).not.toHaveProperty("probabilities");
});

test("a part with fewer choices is padded with no expert", () => {
  const short = { ...first, ids: [[2]], combineWeights: [[0.75]] };
  const [{ ids, combineWeights }] = joinLayers([short], [later]) as [typeof first];
  expect(ids[1]).toEqual([4, 4, 2]);
  expect(combineWeights[1]).toEqual([0, 0, 0.375]);
});
