import { expect, test } from "vitest";
import { caption } from "./caption.ts";
import type { Scene, SceneObject } from "./scene.ts";

const object = (part: Partial<SceneObject>): SceneObject => ({
  shape: "circle",
  color: "red",
  texture: "solid",
  size: 0.4,
  sizeName: "medium",
  x: 0.5,
  y: 0.5,
  rotation: 0,
  fill: [1, 0, 0],
  accent: [1, 1, 1],
  ...part,
});

const scene = (...objects: SceneObject[]): Scene => ({
  objects,
  domain: "flat",
  background: { kind: "plain", from: [1, 1, 1], to: [1, 1, 1], angle: 0, cells: 3, field: [] },
});

test("one object: medium and solid are omitted, and the article fits the next word", () => {
  expect(caption(scene(object({})))).toBe("a red circle");
  expect(caption(scene(object({ color: "orange" })))).toBe("an orange circle");
  expect(caption(scene(object({ color: "orange", texture: "dotted", sizeName: "large" })))).toBe(
    "a large dotted orange circle",
  );
});

test("less detail: colour and shape of the main object, or its shape", () => {
  const both = scene(object({ color: "orange", shape: "arrow", texture: "striped" }), object({}));
  expect(caption(both, "color")).toBe("an orange arrow");
  expect(caption(both, "shape")).toBe("an arrow");
});

test("relations are from the main object to each other object", () => {
  const star = object({ shape: "star", color: "blue", sizeName: "tiny" });
  const main = object({ sizeName: "small" });
  const at = (x: number, y: number): string => caption(scene(main, { ...star, x, y }));
  expect(at(0.9, 0.6)).toBe("a small red circle left of a tiny blue star");
  expect(at(0.1, 0.4)).toBe("a small red circle right of a tiny blue star");
  expect(at(0.6, 0.9)).toBe("a small red circle above a tiny blue star");
  expect(at(0.4, 0.1)).toBe("a small red circle below a tiny blue star");
  expect(caption(scene(main, { ...star, x: 0.9 }, { ...star, shape: "arrow", y: 0.9 }))).toBe(
    "a small red circle left of a tiny blue star and above a tiny blue arrow",
  );
});
