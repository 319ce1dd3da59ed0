import { expect, test } from "vitest";
import { joinLayers, tokenLayer } from "./token-layer.ts";

// Two choices of four tokens, first choices first.
const ids = [2n, 0n, 3n, 1n, 1n, 3n, 0n, 2n];
const combineWeights = [0.75, 0.5, 1, 0.625, 0.25, 0.5, 0, 0.375];
const probabilities = [
  ...[0, 0.25, 0.75, 0],
  ...[0.5, 0, 0, 0.5],
  ...[0, 0, 0, 1],
  ...[0, 0.625, 0.375, 0],
];

test("the first choices of a part of a batch", () => {
  const options = { layer: "moe", ids, combineWeights, probabilities, numExperts: 4 };
  const first = tokenLayer({ ...options, start: 0, count: 1 });
  const later = tokenLayer({ ...options, start: 2, count: 2 });
  expect(later).toEqual({
    layer: "moe",
    numExperts: 4,
    experts: [3, 1],
    gates: [1, 0.625],
    choices: [
      [3, 1],
      [0, 2],
    ],
    weights: [
      [1, 0.625],
      [0, 0.375],
    ],
    probabilities: new Float32Array(probabilities.slice(8)),
  });
  expect(joinLayers([first], [later])).toEqual([
    {
      layer: "moe",
      numExperts: 4,
      experts: [2, 3, 1],
      gates: [0.75, 1, 0.625],
      choices: [
        [2, 3, 1],
        [1, 0, 2],
      ],
      weights: [
        [0.75, 1, 0.625],
        [0.25, 0, 0.375],
      ],
      probabilities: new Float32Array([...probabilities.slice(0, 4), ...probabilities.slice(8)]),
    },
  ]);
  expect(joinLayers([], [later])).toEqual([later]);
  const { choices: _, ...plain } = first;
  expect(joinLayers([plain], [later])[0]).not.toHaveProperty("probabilities");
});
