import { expect, test } from "vitest";
import { contrast, inkOn } from "./color.ts";
import { expertColors, smallestDistance } from "./palette.ts";

const visions = ["normal", "protanopia", "deuteranopia", "tritanopia"] as const;

test.each(visions)("colours of up to 16 experts differ under %s", (vision) => {
  expect(smallestDistance(expertColors(8), vision)).toBeGreaterThan(0.06);
  expect(smallestDistance(expertColors(16), vision)).toBeGreaterThan(0.05);
});

test("an expert keeps its colour for any number of experts", () => {
  const many = expertColors(200);
  expect(many).toHaveLength(200);
  expect(many.slice(0, 3)).toEqual(expertColors(3));
  expect(new Set(expertColors(64)).size).toBe(64);
  expect(many[130]).toBe(many[2]);
});

test("numbers on swatches reach WCAG AA", () => {
  for (const color of expertColors(64)) {
    expect(contrast(color, inkOn(color))).toBeGreaterThanOrEqual(4.5);
  }
});
