/** Expert colours that remain distinct with colour vision deficiencies. */

import { fromOklab, linearRgb, perceived, type Triple, toHex, type Vision } from "./color.ts";

// Okabe and Ito 2008, with a slightly darker yellow for light pages, and violet instead of black.
const seeds = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
  "#d55e00",
  "#e8d838",
  "#6a3d9a",
] as const;

const visions: readonly Vision[] = ["normal", "protanopia", "deuteranopia", "tritanopia"];
const largest = 128;

interface Candidate {
  readonly hex: string;
  readonly seen: readonly Triple[];
}

let known: readonly string[] | undefined;

/**
 * One colour per expert; an expert's colour does not depend on the number of experts.
 *
 * The first eight are fixed. Each further one is the colour of an OKLCH grid with the largest
 * minimum distance to all previous ones over four types of colour vision. Beyond 128 the colours
 * repeat; experts are always labelled with their number too.
 *
 * @example
 * expertColors(2) // ["#0072b2", "#e69f00"]
 */
export function expertColors(numExperts: number): readonly string[] {
  if (numExperts <= seeds.length) return seeds.slice(0, numExperts);
  known ??= spread(largest);
  return Array.from({ length: numExperts }, (_, expert) => known![expert % largest]!);
}

/** Minimum OKLab distance between any two colours under one type of colour vision. */
export function smallestDistance(colors: readonly string[], vision: Vision): number {
  const seen = colors.map((hex) => perceived(linearRgb(hex), vision));
  let smallest = Number.POSITIVE_INFINITY;
  seen.forEach((one, i) => {
    for (const other of seen.slice(0, i)) smallest = Math.min(smallest, distance(one, other));
  });
  return smallest;
}

function spread(count: number): string[] {
  const chosen = seeds.map((hex) => candidate(hex));
  const pool = grid().map((hex) => ({ candidate: candidate(hex), room: Number.POSITIVE_INFINITY }));
  const crowd = (taken: Candidate): void => {
    for (const entry of pool) entry.room = Math.min(entry.room, separation(entry.candidate, taken));
  };
  chosen.forEach(crowd);
  while (chosen.length < count) {
    const best = pool.reduce((a, b) => (b.room > a.room ? b : a));
    chosen.push(best.candidate);
    crowd(best.candidate);
  }
  return chosen.map((entry) => entry.hex);
}

function grid(): string[] {
  const colors: string[] = [];
  for (const lightness of [0.42, 0.5, 0.58, 0.66, 0.74, 0.82, 0.88]) {
    for (const chroma of [0.05, 0.1, 0.15, 0.2]) {
      for (let hue = 0; hue < 360; hue += 12) {
        const angle = (hue * Math.PI) / 180;
        const rgb = fromOklab([lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)]);
        if (rgb.every((value) => value >= 0 && value <= 1)) colors.push(toHex(rgb));
      }
    }
  }
  return colors;
}

function candidate(hex: string): Candidate {
  return { hex, seen: visions.map((vision) => perceived(linearRgb(hex), vision)) };
}

function separation(one: Candidate, other: Candidate): number {
  return Math.min(...one.seen.map((color, i) => distance(color, other.seen[i]!)));
}

function distance(one: Triple, other: Triple): number {
  return Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}
