/** Draws the objects, background and style of an image, independent of its pixel size. */

import { type Key, type Stream, stream } from "../../random/index.ts";
import { clamp } from "../clamp.ts";
import type { ObjectAttributes } from "../dataset.ts";
import { layOut } from "./layout.ts";
import type { ObjectChooser } from "./objects.ts";
import {
  type ColorName,
  type DomainName,
  palette,
  type ResolvedShapesSpec,
  type ShapeName,
  type TextureName,
  textureNames,
} from "./spec.ts";

/** Red, green, blue, each from 0 to 1. */
export type Color = readonly [number, number, number];

/** An object of a scene, with its colours. */
export interface SceneObject extends ObjectAttributes {
  readonly shape: ShapeName;
  readonly color: ColorName;
  readonly texture: TextureName;
  readonly sizeName: SizeName;
  readonly fill: Color;
  /** Colour of stripes and dots: a lighter or darker fill. */
  readonly accent: Color;
}

/** Names of the backgrounds. */
export const backgroundNames = ["plain", "gradient", "clouds", "checks"] as const;

/** Two pale colours and how they are mixed. */
export interface Background {
  readonly kind: (typeof backgroundNames)[number];
  readonly from: Color;
  readonly to: Color;
  /** Direction of a gradient, radians. */
  readonly angle: number;
  /** Cells along a side of checks and clouds. */
  readonly cells: number;
  /** Mixing fractions at the corners of the cloud cells, row by row. */
  readonly field: readonly number[];
}

/** The objects and the style of an image. */
export interface Scene {
  /** The main object first; it is the largest and is drawn last. */
  readonly objects: readonly SceneObject[];
  readonly background: Background;
  readonly domain: DomainName;
}

const sizeNames = ["tiny", "small", "medium", "large"] as const;
type SizeName = (typeof sizeNames)[number];
const sizeBounds = [0.24, 0.44, 0.48] as const;

/** The word for a size as a fraction of the image side. */
export function sizeName(size: number): SizeName {
  return sizeNames[sizeBounds.filter((bound) => size >= bound).length]!;
}

/** The style of the scene addressed by `key`. */
export function drawDomain(key: Key, { domains }: ResolvedShapesSpec): DomainName {
  return stream(key).choice(domains); // the first draw of a scene
}

/** The scene addressed by `key`; only its textures depend on the style. */
export function drawScene(key: Key, spec: ResolvedShapesSpec, choose: ObjectChooser): Scene {
  const draws = stream(key);
  const domain = draws.choice(spec.domains);
  const background = drawBackground(draws);
  const count = draws.integer(spec.objects[0], spec.objects[1] + 1);
  const kinds = choose(draws, count);
  const objects = layOut(
    draws,
    kinds.map((kind) => kind.shape),
  ).map((place, index): SceneObject => {
    const { shape, color } = kinds[index]!;
    const fill = palette[color].map((part) => clamp(part + draws.uniform(-0.05, 0.05), 0, 1));
    const texture = drawTexture(draws, domain);
    const toward = draws.uniform() < 0.5 ? 1 : 0;
    const accent = fill.map((part) => part + (toward - part) * (toward === 1 ? 0.55 : 0.4));
    return {
      shape,
      color,
      texture,
      ...place,
      sizeName: sizeName(place.size),
      rotation: draws.uniform(-spec.rotation, spec.rotation),
      fill: fill as unknown as Color,
      accent: accent as unknown as Color,
    };
  });
  return { objects, background, domain };
}

/** A line drawing has no filled inside, so no texture. */
function drawTexture(draws: Stream, domain: DomainName): TextureName {
  const drawn = draws.uniform() < 0.4 ? "solid" : draws.choice(textureNames);
  return domain === "outline" ? "solid" : drawn;
}

function drawBackground(draws: Stream): Background {
  const kind = draws.choice(backgroundNames);
  const cells = draws.integer(3, 7);
  const field =
    kind === "clouds" ? Array.from({ length: (cells + 1) ** 2 }, () => draws.uniform()) : [];
  const from = paleColor(draws);
  // Checks have low contrast, so that they do not resemble squares.
  const to = kind === "checks" ? shade(from, draws.uniform(-0.09, 0.06)) : paleColor(draws);
  return { kind, from, to, angle: draws.uniform(0, 2 * Math.PI), cells, field };
}

/** A light grey with a slight hue. */
function paleColor(draws: Stream): Color {
  const light = draws.uniform(0.68, 0.98);
  const tint = (): number => clamp(light + draws.uniform(-0.08, 0.08), 0, 1);
  return [tint(), tint(), tint()];
}

function shade(color: Color, by: number): Color {
  return [clamp(color[0] + by, 0, 1), clamp(color[1] + by, 0, 1), clamp(color[2] + by, 0, 1)];
}
