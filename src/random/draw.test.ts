import { expect, test } from "vitest";
import { bits, integers, normal, permutation, uniform } from "./draw.ts";
import { foldIn, key } from "./key.ts";
import { stream } from "./stream.ts";

/** Mean and the first central moments, in float64. */
function moments(values: ArrayLike<number>): { mean: number; variance: number; kurtosis: number } {
  const list = Array.from(values);
  const mean = list.reduce((sum, x) => sum + x, 0) / list.length;
  const central = (power: number): number =>
    list.reduce((sum, x) => sum + (x - mean) ** power, 0) / list.length;
  return { mean, variance: central(2), kurtosis: central(4) / central(2) ** 2 };
}

test("the first words of key 0 are the published block of zeros", () => {
  expect([...bits(key(0), 2)]).toEqual([0x6b200159, 0x99ba4efe]);
  expect([...bits(key(0), 1)]).toEqual([0x6b200159]);
  expect(uniform(key(0), 1)[0]).toBe(0x6b2001 / 2 ** 24);
});

test("shorter arrays are prefixes of longer ones", () => {
  expect(uniform(key(5), 7)).toEqual(uniform(key(5), 8).slice(0, 7));
  expect(normal(key(5), 7)).toEqual(normal(key(5), 8).slice(0, 7));
  expect(integers(key(5), 7, 0, 9)).toEqual(integers(key(5), 8, 0, 9).slice(0, 7));
});

test("a given array is filled in place", () => {
  const buffer = new Float32Array(6);
  uniform(key(2), buffer.subarray(1, 4));
  expect([...buffer]).toEqual([0, ...uniform(key(2), 3), 0, 0]);
});

test("uniform numbers fill [0, 1) evenly", () => {
  const values = uniform(key(11), 200_000);
  const counts = new Array<number>(16).fill(0);
  for (const value of values) counts[Math.floor(value * 16)]!++;
  const expected = values.length / 16;
  const chiSquare = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  expect(chiSquare).toBeLessThan(37.7); // 15 degrees of freedom, p = 0.001
  expect(moments(values).variance).toBeCloseTo(1 / 12, 3);
});

test("normal numbers have the moments of the standard normal", () => {
  const values = normal(key(12), 400_000);
  const { mean, variance, kurtosis } = moments(values);
  expect(Math.abs(mean)).toBeLessThan(0.006);
  expect(Math.abs(variance - 1)).toBeLessThan(0.01);
  expect(Math.abs(kurtosis - 3)).toBeLessThan(0.05);
  const within = values.filter((z) => Math.abs(z) < 1.959964).length / values.length;
  expect(within).toBeCloseTo(0.95, 2);
  const lagged = values.reduce((sum, z, i) => sum + z * (values[i + 1] ?? 0), 0) / values.length;
  expect(Math.abs(lagged)).toBeLessThan(0.006);
});

test("integers are even over a range that does not divide 2^32", () => {
  const range = 3 * 2 ** 30;
  const values = integers(key(13), 30_000, -(2 ** 30) * 2, 2 ** 30);
  const thirds = [0, 0, 0];
  for (const value of values) thirds[Math.floor(((value + 2 ** 31) / range) * 3)]!++;
  // Plain modulo would put half of all values in the first third.
  for (const count of thirds) expect(Math.abs(count - 10_000)).toBeLessThan(300);
});

test("integers reach both bounds and refuse an empty range", () => {
  expect(new Set(integers(key(1), 100, -1, 2))).toEqual(new Set([-1, 0, 1]));
  expect(() => integers(key(1), 1, 3, 3)).toThrow("low < high, got [3, 3)");
});

test("a permutation contains every number once, and all orders of three are equally likely", () => {
  const order = permutation(key(4), 1000);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const name = permutation(foldIn(key(4), i), 3).join("");
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120);
  expect(permutation(key(4), 0).length).toBe(0);
});

test("a stream reads the words of its key and respects its bounds", () => {
  const reader = stream(key(0));
  expect(reader.uniform()).toBe(0x6b200159 / 2 ** 32);
  expect(reader.integer(0, 10)).toBe(0x99ba4efe % 10);
  const draws = stream(key(6));
  const numbers = Array.from({ length: 2000 }, () => draws.uniform(-2, 3));
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(-2);
  expect(Math.max(...numbers)).toBeLessThan(3);
  const { mean, variance } = moments(Array.from({ length: 50_000 }, () => draws.normal()));
  expect(Math.abs(mean)).toBeLessThan(0.02);
  expect(Math.abs(variance - 1)).toBeLessThan(0.03);
  expect(["a", "b"]).toContain(draws.choice(["a", "b"]));
  expect(() => draws.choice([])).toThrow(RangeError);
});
