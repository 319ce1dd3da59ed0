import { describe, expect, test } from "vitest";
import { key } from "../random/index.ts";
import {
  constantOf,
  fans,
  kaimingNormal,
  normalOf,
  orthogonal,
  torchLinear,
  truncatedNormal,
  uniformOf,
  xavierUniform,
} from "./initializers.ts";

const seed = key(5);

function moments(values: Float32Array): { mean: number; std: number; largest: number } {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length;
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return { mean, std: Math.sqrt(variance), largest };
}

test("fans of linear and convolution weights", () => {
  expect(fans([8, 3])).toEqual({ fanIn: 3, fanOut: 8 });
  expect(fans([16, 3, 4, 5])).toEqual({ fanIn: 60, fanOut: 320 });
});

// Standard deviations: a uniform distribution on [-b, b] has b / sqrt 3; a normal distribution truncated
// at two standard deviations keeps 0.8796 of its own.
describe.each([
  ["normalOf", normalOf(0.5), 0.5, Number.POSITIVE_INFINITY],
  ["truncatedNormal", truncatedNormal(0.02), 0.02 * 0.8796, 0.04],
  ["uniformOf", uniformOf(0.3), 0.3 / Math.sqrt(3), 0.3],
  ["xavierUniform", xavierUniform(), Math.sqrt(6 / 400) / Math.sqrt(3), Math.sqrt(6 / 400)],
  ["kaimingNormal", kaimingNormal(), Math.SQRT2 / 10, Number.POSITIVE_INFINITY],
  ["torchLinear", torchLinear, 0.1 / Math.sqrt(3), 0.1],
] as const)("%s", (_, init, std, bound) => {
  const values = init(seed, [300, 100]);

  test("has its mean, deviation and bound", () => {
    const found = moments(values);
    expect(values.length).toBe(30_000);
    expect(Math.abs(found.mean)).toBeLessThan((4 * std) / Math.sqrt(values.length));
    expect(found.std / std).toBeCloseTo(1, 1.7); // within 1 %
    expect(found.largest).toBeLessThanOrEqual(bound * (1 + 1e-6));
  });

  test("equal keys give equal values, other keys other values", () => {
    expect(init(seed, [300, 100])).toEqual(values);
    expect(init(key(6), [300, 100])).not.toEqual(values);
  });
});

test("constantOf fills an array", () => {
  expect([...constantOf(0.25)(seed, [2, 2])]).toEqual([0.25, 0.25, 0.25, 0.25]);
});

test.each([
  [6, 40],
  [40, 6],
  [12, 12],
])("orthogonal [%i, %i] has orthonormal rows or columns, times the gain", (rows, columns) => {
  const gain = 0.1;
  const values = orthogonal(gain)(seed, [rows, columns]);
  const [count, length] = rows <= columns ? [rows, columns] : [columns, rows];
  const entry = (i: number, j: number): number =>
    rows <= columns ? values[i * columns + j]! : values[j * columns + i]!;
  for (let a = 0; a < count; a++) {
    for (let b = 0; b <= a; b++) {
      let product = 0;
      for (let j = 0; j < length; j++) product += entry(a, j) * entry(b, j);
      expect(product).toBeCloseTo(a === b ? gain ** 2 : 0, 8);
    }
  }
});
