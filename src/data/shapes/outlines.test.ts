import { expect, test } from "vitest";
import { outlineArea, outlines } from "./outlines.ts";

const entries = Object.entries(outlines);
const step = 0.01;

test.each(entries)("%s has the common area and stays within its extent", (_, outline) => {
  let cells = 0;
  let furthest = 0;
  for (let x = -1.6; x < 1.6; x += step) {
    for (let y = -1.6; y < 1.6; y += step) {
      if (outline.distance(x, y) >= 0) continue;
      cells++;
      furthest = Math.max(furthest, Math.hypot(x, y));
    }
  }
  expect(cells * step * step).toBeCloseTo(outlineArea, 1);
  expect(furthest).toBeLessThanOrEqual(outline.extent);
  expect(furthest).toBeGreaterThan(outline.extent - 0.03);
});

test.each(entries)("%s: distances change by at most the distance moved", (_, { distance }) => {
  for (let x = -1.5; x < 1.5; x += 0.1) {
    for (let y = -1.5; y < 1.5; y += 0.1) {
      expect(Math.abs(distance(x + 0.02, y) - distance(x, y))).toBeLessThan(0.0201);
      expect(Math.abs(distance(x, y + 0.02) - distance(x, y))).toBeLessThan(0.0201);
    }
  }
});

test("distances match hand-computed values", () => {
  expect(outlines.circle.distance(1.7777, 0)).toBeCloseTo(1, 12);
  expect(outlines.square.distance(0.6892 + 0.3, 0.6892 + 0.4)).toBeCloseTo(0.5, 12);
  expect(outlines.cross.distance(0.8974 + 0.25, 0)).toBeCloseTo(0.25, 12);
  expect(outlines.star.distance(0, -1.1606)).toBeCloseTo(0, 9); // the upper point
  expect(outlines.triangle.distance(0, (-1.0474 * 2) / Math.sqrt(3))).toBeCloseTo(0, 9);
  expect(outlines.heart.distance(0, 0.53 * 1.4577)).toBeCloseTo(0, 9); // the lower point
  expect(outlines.crescent.distance(0.21 + 0.54, 0)).toBeCloseTo(0.893, 12); // in the bay
  expect(outlines.arrow.distance(0, -1.146 - 0.1)).toBeGreaterThan(0);
});
