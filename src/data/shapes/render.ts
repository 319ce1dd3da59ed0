/** Draws a scene into RGB bytes; edges are antialiased by their distance in pixels. */

import { foldIn, type Key, normal } from "../../random/index.ts";
import { outlines } from "./outlines.ts";
import type { Background, Scene, SceneObject } from "./scene.ts";

/** Standard deviation of the noisy style, as a fraction of full brightness. */
const noiseLevel = 0.1;

/** RGB bytes of `side` x `side` pixels; `key` addresses the pixel noise. */
export function render(scene: Scene, side: number, key: Key): Uint8Array {
  const pixels = new Float32Array(side * side * 3);
  paintBackground(pixels, side, scene.background);
  for (let i = scene.objects.length - 1; i >= 0; i--) {
    paintObject(pixels, side, scene.objects[i]!, scene.domain === "outline");
  }
  if (scene.domain === "inverted") invertLightness(pixels);
  if (scene.domain === "noisy") addNoise(pixels, key);
  const bytes = new Uint8Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) {
    bytes[i] = Math.min(Math.max(pixels[i]! * 255 + 0.5, 0), 255);
  }
  return bytes;
}

function paintBackground(pixels: Float32Array, side: number, background: Background): void {
  const { from, to } = background;
  const mix = mixer(background, side);
  for (let row = 0, at = 0; row < side; row++) {
    for (let column = 0; column < side; column++, at += 3) {
      const part = mix((column + 0.5) / side, (row + 0.5) / side);
      for (let c = 0; c < 3; c++) pixels[at + c] = from[c]! + (to[c]! - from[c]!) * part;
    }
  }
}

/** The fraction of the second colour at a point of the unit square. */
function mixer(background: Background, side: number): (x: number, y: number) => number {
  const { cells, field } = background;
  switch (background.kind) {
    case "plain":
      return () => 0;
    case "gradient": {
      const dx = Math.cos(background.angle);
      const dy = Math.sin(background.angle);
      return (x, y) => 0.5 + ((x - 0.5) * dx + (y - 0.5) * dy) * Math.SQRT1_2;
    }
    case "checks": {
      const cell = Math.max(1, Math.round(side / cells / 2));
      return (x, y) => (Math.floor((x * side) / cell) + Math.floor((y * side) / cell)) & 1;
    }
    case "clouds":
      return (x, y) => {
        const column = Math.floor(x * cells);
        const row = Math.floor(y * cells);
        const u = x * cells - column;
        const v = y * cells - row;
        const at = row * (cells + 1) + column;
        const above = field[at]! * (1 - u) + field[at + 1]! * u;
        const below = field[at + cells + 1]! * (1 - u) + field[at + cells + 2]! * u;
        return above * (1 - v) + below * v;
      };
  }
}

function paintObject(
  pixels: Float32Array,
  side: number,
  object: SceneObject,
  asLine: boolean,
): void {
  const { distance, extent } = outlines[object.shape];
  const scale = (object.size * side) / 2; // pixels per unit of the outline
  const lineWidth = Math.max(1.3, Math.min(0.065, 0.15 * object.size) * side);
  const cos = Math.cos(object.rotation);
  const sin = Math.sin(object.rotation);
  const reach = extent * scale + 1;
  const left = Math.max(0, Math.floor(object.x * side - reach));
  const right = Math.min(side, Math.ceil(object.x * side + reach));
  const top = Math.max(0, Math.floor(object.y * side - reach));
  const bottom = Math.min(side, Math.ceil(object.y * side + reach));
  for (let row = top; row < bottom; row++) {
    const dy = row + 0.5 - object.y * side;
    for (let column = left; column < right; column++) {
      const dx = column + 0.5 - object.x * side;
      const x = (cos * dx + sin * dy) / scale;
      const y = (cos * dy - sin * dx) / scale;
      let outside = distance(x, y) * scale;
      if (asLine) outside = Math.abs(outside + lineWidth / 2) - lineWidth / 2;
      if (outside >= 0.5) continue;
      const cover = outside <= -0.5 ? 1 : 0.5 - outside;
      const marked = accentCover(object, x, y, scale);
      const at = (row * side + column) * 3;
      for (let c = 0; c < 3; c++) {
        const color = object.fill[c]! + (object.accent[c]! - object.fill[c]!) * marked;
        pixels[at + c] = pixels[at + c]! + (color - pixels[at + c]!) * cover;
      }
    }
  }
}

/** Fraction of the pixel at a point of the outline's frame that is covered by a stripe or dot. */
function accentCover(object: SceneObject, x: number, y: number, scale: number): number {
  if (object.texture === "solid") return 0;
  const period = Math.max(0.46, 4 / scale); // at least four pixels
  const fold = (at: number): number => at - period * Math.round(at / period);
  const outside =
    object.texture === "striped"
      ? Math.abs(fold(y)) - period / 4
      : Math.sqrt(fold(x) ** 2 + fold(y) ** 2) - period * 0.3;
  return Math.min(Math.max(0.5 - outside * scale, 0), 1);
}

/** Inverts lightness and keeps hues: each channel c becomes c + 1 - max - min. */
function invertLightness(pixels: Float32Array): void {
  for (let at = 0; at < pixels.length; at += 3) {
    const r = pixels[at]!;
    const g = pixels[at + 1]!;
    const b = pixels[at + 2]!;
    const shift = 1 - Math.max(r, g, b) - Math.min(r, g, b);
    pixels[at] = r + shift;
    pixels[at + 1] = g + shift;
    pixels[at + 2] = b + shift;
  }
}

function addNoise(pixels: Float32Array, key: Key): void {
  const noise = normal(foldIn(key, "noise"), pixels.length);
  for (let i = 0; i < pixels.length; i++) pixels[i]! += noiseLevel * noise[i]!;
}
