import { expect, test } from "vitest";
import type { ObjectAttributes } from "../../data/dataset.ts";
import { array } from "../../graph/array.ts";
import { OBJECT_DOMAIN, patchLabels } from "./patch-labels.ts";

const object = (shape: string, color: string, x: number): ObjectAttributes => ({
  ...{ shape, color, texture: "solid", size: 0.4, sizeName: "small", rotation: 0 },
  ...{ x, y: 0.25 },
});
const batch = {
  indices: Int32Array.of(0, 1),
  arrays: { labels: array([3, 5], "int64") },
  domains: ["flat", "noisy"],
};
const grid = { rows: 1, columns: 2 };

test("patches are labelled with the object that they show; class tokens with none", () => {
  const attributes = [[object("star", "red", 0.2), object("heart", "blue", 0.8)], [object("cross", "red", 0.8)]]; // biome-ignore format: two images
  // Two patches and a class token in each image.
  const labels = patchLabels({ ...batch, attributes }, { grid, tokensPerImage: 3 });
  expect(labels).toEqual({
    class: [3, 5],
    domain: ["flat", "noisy"],
    object: ["object", "object", undefined, "background", "object", undefined],
    shape: ["star", "heart", undefined, undefined, "cross", undefined],
    color: ["red", "blue", undefined, undefined, "red", undefined],
    texture: ["solid", "solid", undefined, undefined, "solid", undefined],
    [OBJECT_DOMAIN]: ["flat", "flat", undefined, undefined, "noisy", undefined],
  });
});

test("without known objects, images have their class and domain", () => {
  expect(patchLabels(batch, { grid, tokensPerImage: 2 })).toEqual({
    class: [3, 5],
    domain: ["flat", "noisy"],
  });
});
