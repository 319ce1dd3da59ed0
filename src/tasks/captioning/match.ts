/** Checks captions of the shapes against the objects of the image. */

import type { ObjectAttributes } from "../../data/dataset.ts";
import { colorNames, shapeNames } from "../../data/shapes/index.ts";
import { defined } from "../../graph/defined.ts";

const colors: ReadonlySet<string> = new Set(colorNames);
const shapes: ReadonlySet<string> = new Set(shapeNames);

/**
 * Colour and shape of the first object in a caption: the first shape word, and the last colour word
 * before it.
 *
 * @example
 * firstObject("a large red circle left of a blue star"); // { color: "red", shape: "circle" }
 */
export function firstObject(caption: string): { color?: string; shape?: string } {
  const words = caption.toLowerCase().split(/[^a-z]+/);
  const at = words.findIndex((word) => shapes.has(word));
  const color = words.slice(0, Math.max(at, 0)).findLast((word) => colors.has(word));
  return { ...defined({ color }), ...(at >= 0 && { shape: words[at]! }) };
}

/** Whether the first object of a caption has the colour and the shape of the main object. */
export function namesMainObject(
  caption: string,
  [main]: readonly Pick<ObjectAttributes, "color" | "shape">[],
): boolean {
  const { color, shape } = firstObject(caption);
  return main !== undefined && color === main.color && shape === main.shape;
}
