/**
 * The caption of a scene.
 *
 * caption = object, or object relation object, or object relation object "and" relation object
 * object = article [size] [texture] color shape; relation = left of, right of, above, below
 */

import type { Scene, SceneObject } from "./scene.ts";
import type { CaptionDetail } from "./spec.ts";

/**
 * For example "a large striped red circle left of a tiny blue star"; with less detail "a red circle" or
 * "a circle".
 */
export function caption(scene: Scene, detail: CaptionDetail = "full"): string {
  const [main, ...others] = scene.objects;
  if (detail === "color") return withArticle(`${main!.color} ${main!.shape}`);
  if (detail === "shape") return withArticle(main!.shape);
  const relations = others.map((other) => `${relation(main!, other)} ${phrase(other)}`);
  return [phrase(main!), relations.join(" and ")].filter(Boolean).join(" ");
}

/** An object with its article; medium sizes and solid textures are not mentioned. */
export function phrase(object: SceneObject): string {
  const words = [
    object.sizeName === "medium" ? "" : object.sizeName,
    object.texture === "solid" ? "" : object.texture,
    object.color,
    object.shape,
  ].filter(Boolean);
  return withArticle(words.join(" "));
}

function withArticle(words: string): string {
  return `${/^[aeiou]/.test(words) ? "an" : "a"} ${words}`;
}

function relation(main: SceneObject, other: SceneObject): string {
  const dx = other.x - main.x;
  const dy = other.y - main.y;
  if (Math.abs(dx) > Math.abs(dy)) return dx > 0 ? "left of" : "right of";
  return dy > 0 ? "above" : "below";
}
