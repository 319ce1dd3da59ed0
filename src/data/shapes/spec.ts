/** The options of the generated `shapes` set and the words that its samples use. */

import { usageError } from "../../graph/errors.ts";
import type { Split } from "../dataset.ts";

/** The classes, in label order. */
export const shapeNames = [
  "circle",
  "square",
  "triangle",
  "star",
  "cross",
  "heart",
  "crescent",
  "arrow",
] as const;
/** The name of a class. */
export type ShapeName = (typeof shapeNames)[number];

/** Red, green, blue in [0, 1]. Lightness is near one half, so inverted images keep their colour words. */
export const palette = {
  red: [0.88, 0.14, 0.14],
  orange: [0.98, 0.52, 0.05],
  yellow: [0.93, 0.82, 0.08],
  green: [0.12, 0.66, 0.2],
  cyan: [0.08, 0.76, 0.82],
  blue: [0.13, 0.3, 0.9],
  purple: [0.48, 0.16, 0.78],
  magenta: [0.93, 0.18, 0.72],
} as const;
/** A colour of the palette. */
export type ColorName = keyof typeof palette;
/** The colours of the palette, in its order. */
export const colorNames: readonly ColorName[] = Object.keys(palette) as ColorName[];

/** Fill textures of objects. */
export const textureNames = ["solid", "striped", "dotted"] as const;
/** A fill texture. */
export type TextureName = (typeof textureNames)[number];

/** Drawing styles: filled, line drawing, filled under pixel noise, filled with lightness inverted. */
export const domainNames = ["flat", "outline", "noisy", "inverted"] as const;
/** A drawing style. */
export type DomainName = (typeof domainNames)[number];

/** Levels of detail of captions: the whole scene, the colour and shape of the main object, or its shape. */
export const captionDetails = ["full", "color", "shape"] as const;
/** A level of detail of captions. */
export type CaptionDetail = (typeof captionDetails)[number];

/** Matches objects that have all the given properties. */
export interface ObjectPattern {
  readonly shape?: ShapeName;
  readonly color?: ColorName;
}

/** A split of the generated shapes. */
export interface ShapesSpec {
  readonly name: "shapes";
  readonly split: Split;
  /** By default 0. */
  readonly seed?: number;
  /** Samples in the split, by default 50000, 2000 and 2000. */
  readonly length?: number;
  /** Image side in pixels, 16 to 1024, by default 32; the scenes do not depend on it. */
  readonly size?: number;
  /** Minimum and maximum number of objects in an image, within 1 to 3; by default [1, 3]. */
  readonly objects?: readonly [number, number];
  /** Maximum rotation of objects in either direction, radians, by default 0.25. */
  readonly rotation?: number;
  /** Styles to draw from, by default all. */
  readonly domains?: readonly DomainName[];
  /** Levels of detail; a sample has one caption for each. By default ["full"]. */
  readonly captions?: readonly CaptionDetail[];
  /** Objects that are never drawn, main or not. */
  readonly exclude?: readonly ObjectPattern[];
  /** If given, the main object matches one of these patterns. */
  readonly only?: readonly ObjectPattern[];
}

const lengths = { train: 50_000, validation: 2000, test: 2000 } as const;

/** A spec with all defaults filled in and all values checked. */
export type ResolvedShapesSpec = Required<ShapesSpec>;

/**
 * Fills in the defaults of a description and checks its values.
 *
 * @throws UserError (exit code 2) for a value out of range or an unknown word
 */
export function resolveShapesSpec(spec: ShapesSpec): ResolvedShapesSpec {
  const resolved = {
    name: spec.name,
    split: spec.split,
    seed: spec.seed ?? 0,
    length: spec.length ?? lengths[spec.split],
    size: spec.size ?? 32,
    objects: spec.objects ?? ([1, 3] as const),
    rotation: spec.rotation ?? 0.25,
    domains: spec.domains ?? domainNames,
    captions: spec.captions ?? (["full"] as const),
    exclude: spec.exclude ?? [],
    only: spec.only ?? [],
  };
  checkInteger("length", resolved.length, 1, 2 ** 32 - 1);
  checkInteger("size", resolved.size, 16, 1024);
  checkInteger("objects[0]", resolved.objects[0], 1, 3);
  checkInteger("objects[1]", resolved.objects[1], resolved.objects[0], 3);
  if (!(resolved.rotation >= 0 && resolved.rotation <= Math.PI)) {
    throw usageError(`shapes: rotation must be from 0 to pi, got ${resolved.rotation}`);
  }
  if (resolved.domains.length === 0)
    throw usageError("shapes: domains is empty; name at least one");
  for (const domain of resolved.domains) checkWord("domains", domain, domainNames);
  for (const detail of resolved.captions) checkWord("captions", detail, captionDetails);
  for (const pattern of [...resolved.exclude, ...resolved.only]) {
    if (pattern.shape !== undefined) checkWord("shape", pattern.shape, shapeNames);
    if (pattern.color !== undefined) checkWord("color", pattern.color, colorNames);
  }
  return resolved;
}

function checkInteger(place: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw usageError(`shapes: ${place} must be an integer from ${low} to ${high}, got ${value}`);
}

function checkWord(place: string, word: string, known: readonly string[]): void {
  if (known.includes(word)) return;
  throw usageError(`shapes: unknown ${place} "${word}"; known are ${known.join(", ")}`);
}
