import { expect, test } from "vitest";
import {
  formatCompact,
  formatCount,
  formatDuration,
  formatFigure,
  formatPercent,
} from "./format.ts";

test("counts and sizes", () => {
  expect(formatCount(1500)).toBe("1,500");
  expect([4_512_000, 2_100_000, 12_345, 999_960, 850, 3e9].map(formatCompact)).toEqual([
    "4.5M",
    "2.1M",
    "12k",
    "1M",
    "850",
    "3B",
  ]);
});

test("durations", () => {
  expect([8.44, 59.6, 92.4, 3599.6, 7500].map(formatDuration)).toEqual([
    "8.4 s",
    "1 min 0 s",
    "1 min 32 s",
    "1 h 00 min",
    "2 h 05 min",
  ]);
});

test("fractions and figures", () => {
  expect(formatPercent(0.964)).toBe("96.4\u202f%");
  expect([0.12345, 0, 65_220, 8e-4, 1.354e-7].map(formatFigure)).toEqual([
    "0.123",
    "0",
    "65,220",
    "8e-4",
    "1.35e-7",
  ]);
});

test("non-finite values never throw", () => {
  const values = [Number.NaN, Number.POSITIVE_INFINITY];
  for (const value of values) {
    expect([formatCount(value), formatCompact(value), formatPercent(value)]).toEqual([
      "unknown",
      "unknown",
      "unknown",
    ]);
    expect(formatDuration(value)).toBe("unknown time");
  }
});
