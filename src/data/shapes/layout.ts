/** Places the objects of a scene; the main object is clearly the largest. */

import type { Stream } from "../../random/index.ts";
import { outlines } from "./outlines.ts";
import type { ShapeName } from "./spec.ts";

/** Size and centre as fractions of the image side. */
export interface Place {
  readonly size: number;
  readonly x: number;
  readonly y: number;
}

/** Minimum ratio of the main object's size to any other size; its square is the ratio of areas. */
export const mainSizeRatio = 1.5;

const mainSizes = { alone: [0.41, 0.7], accompanied: [0.41, 0.5] } as const;
const otherSizes = [0.2, 0.28] as const;
const attempts = 40;

/** Places for `shapes`, the main object first; the others are left, right, above or below it. */
export function layOut(draws: Stream, shapes: readonly ShapeName[]): Place[] {
  const extents = shapes.map((shape) => outlines[shape].extent / 2);
  const range = shapes.length === 1 ? mainSizes.alone : mainSizes.accompanied;
  const main = draws.uniform(range[0], range[1]);
  const largestOther = Math.min(otherSizes[1], main / mainSizeRatio);
  const sizes = shapes.map((_, i) => (i === 0 ? main : draws.uniform(otherSizes[0], largestOther)));
  const radii = sizes.map((size, i) => size * extents[i]!);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const places = tryPlaces(draws, sizes, radii);
    if (places !== undefined) return places;
  }
  return cornerPlaces(sizes, radii);
}

function tryPlaces(draws: Stream, sizes: number[], radii: number[]): Place[] | undefined {
  const inside = (radius: number): number => draws.uniform(radius, 1 - radius);
  const main = { size: sizes[0]!, x: inside(radii[0]!), y: inside(radii[0]!) };
  const places: Place[] = [main];
  for (let i = 1; i < sizes.length; i++) {
    const radius = radii[i]!;
    // Near an axis, so that one of the four words describes the position.
    const angle = draws.integer(0, 4) * (Math.PI / 2) + draws.uniform(-0.4, 0.4);
    const distance = (radii[0]! + radius) * draws.uniform(0.96, 1.25);
    const x = main.x + distance * Math.cos(angle);
    const y = main.y + distance * Math.sin(angle);
    const margin = 0.9 * radius;
    if (x < margin || x > 1 - margin || y < margin || y > 1 - margin) return undefined;
    const apart = (j: number): boolean =>
      Math.hypot(x - places[j]!.x, y - places[j]!.y) > radius + radii[j]!;
    for (let j = 1; j < i; j++) if (!apart(j)) return undefined;
    places.push({ size: sizes[i]!, x, y });
  }
  return places;
}

/** A fallback that always fits: the main object at the upper left, the others to its right and below it. */
function cornerPlaces(sizes: number[], radii: number[]): Place[] {
  const corner = radii[0]!;
  return sizes.map((size, i) => ({
    size,
    x: corner + (i === 1 ? radii[0]! + radii[1]! : 0),
    y: corner + (i === 2 ? radii[0]! + radii[2]! : 0),
  }));
}
