import { expect, test } from "vitest";
import { contrast, fromOklab, inkOn, linearRgb, mix, oklab, toHex } from "./color.ts";

test("OKLab of the primaries matches its author's table, in both directions", () => {
  const [l, a, b] = oklab(linearRgb("#ff0000"));
  expect(l).toBeCloseTo(0.628, 3);
  expect(a).toBeCloseTo(0.225, 3);
  expect(b).toBeCloseTo(0.126, 3);
  for (const hex of ["#000000", "#ffffff", "#0072b2", "#d55e00"]) {
    expect(toHex(fromOklab(oklab(linearRgb(hex))))).toBe(hex);
  }
});

test("contrast follows WCAG", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
  expect(inkOn("#ffffff")).toBe("#000000");
  expect(inkOn("#0a4f86")).toBe("#ffffff");
});

test("mixing ends at both colours", () => {
  expect(mix("#ffffff", "#0a4f86", 0)).toBe("#ffffff");
  expect(mix("#ffffff", "#0a4f86", 1)).toBe("#0a4f86");
});
