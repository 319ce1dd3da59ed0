import { expect, test } from "vitest";
import { contrast, linearRgb, perceived } from "../color.ts";
import { attentionColors, attentionLevel } from "./attention.ts";

test("levels are quarter octaves around the even share", () => {
  const ratios = [0, 0.01, 0.25, 0.5, 1, Math.SQRT2, 2, 4, 100, Number.NaN];
  expect(ratios.map(attentionLevel)).toEqual([0, 0, 0, 4, 8, 10, 12, 16, 16, 0]);
});

test("colours get lighter from level to level for every kind of colour vision", () => {
  const colors = attentionColors();
  for (const vision of ["normal", "protanopia", "deuteranopia", "tritanopia"] as const) {
    const lightness = colors.map(({ fill }) => perceived(linearRgb(fill), vision)[0]);
    for (let level = 1; level < lightness.length; level++) {
      expect(lightness[level]! - lightness[level - 1]!, `${vision}, ${level}`).toBeGreaterThan(
        0.02,
      );
    }
  }
  for (const { fill, ink } of colors) expect(contrast(fill, ink)).toBeGreaterThan(4.5);
});
