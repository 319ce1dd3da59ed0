import { expect, test } from "vitest";
import { joinLayers, tokenLayer } from "./token-layer.ts";

// Two choices of four tokens, first choices first.
const ids = [2n, 0n, 3n, 1n, 1n, 3n, 0n, 2n];
const combineWeights = [0.75, 0.5, 1, 0.625, 0.25, 0.5, 0, 0.375];

test("the first choices of a part of a batch", () => {
  const options = { layer: "moe", ids, combineWeights, numExperts: 4 };
  const first = tokenLayer({ ...options, start: 0, count: 1 });
  const later = tokenLayer({ ...options, start: 2, count: 2 });
  expect(later).toEqual({ layer: "moe", numExperts: 4, experts: [3, 1], gates: [1, 0.625] });
  expect(joinLayers([first], [later])).toEqual([
    { layer: "moe", numExperts: 4, experts: [2, 3, 1], gates: [0.75, 1, 0.625] },
  ]);
  expect(joinLayers([], [later])).toEqual([later]);
});
