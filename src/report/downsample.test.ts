import { expect, test } from "vitest";
import { downsample, runningMean, thin } from "./downsample.ts";

const ramp = (n: number) => Array.from({ length: n }, (_, x) => ({ x, y: 1 }));

test("a single spike among 100,000 points survives", () => {
  const points = ramp(100_000);
  points[54_321] = { x: 54_321, y: 9 };
  points[54_400] = { x: 54_400, y: -9 };
  const kept = downsample(points, 600);
  expect(kept.length).toBeLessThanOrEqual(600);
  expect(kept).toContainEqual({ x: 54_321, y: 9 });
  expect(kept).toContainEqual({ x: 54_400, y: -9 });
  expect(kept[0]!.x).toBe(0);
  expect(kept.at(-1)!.x).toBe(99_999);
  expect(kept.every((point, i) => i === 0 || point.x > kept[i - 1]!.x)).toBe(true);
});

test("short curves are unchanged", () => {
  expect(downsample(ramp(5), 600)).toHaveLength(5);
  expect(downsample([], 600)).toEqual([]);
});

test("thinning keeps both ends", () => {
  expect(thin([0, 1, 2, 3, 4, 5, 6], 3)).toEqual([0, 3, 6]);
});

test("the running mean narrows at the start and is one-sided at the end", () => {
  const points = [1, 2, 6, 3, 8].map((y, x) => ({ x, y }));
  // Windows of 3: [1], [1,2,6], [2,6,3], [6,3,8], [3,8].
  expect(runningMean(points, 3).map((point) => point.y)).toEqual([1, 3, 11 / 3, 17 / 3, 5.5]);
});

test("the geometric mean of 1 and 100 is 10", () => {
  const points = [1, 1, 100].map((y, x) => ({ x, y }));
  expect(runningMean(points, 3, true).at(-1)!.y).toBeCloseTo(10, 10);
});
