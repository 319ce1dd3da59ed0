import { expect, test } from "vitest";
import { cosineMatrix, countRows, largest, normalizeRows } from "./similarity.ts";

/** Deterministic pseudo-random numbers. */
const rows = (count: number, width: number) =>
  normalizeRows({
    width,
    data: Float32Array.from({ length: count * width }, (_, i) => Math.sin(1 + i * i)),
  });

test("cosines by hand, for any number of rows", () => {
  const a = { width: 2, data: [1, 0, 0.6, 0.8, 0, 1] };
  const b = { width: 2, data: [0, 1, 0.8, 0.6] };
  const wanted = [0, 0.8, 0.8, 0.96, 1, 0.6];
  for (const [at, cosine] of cosineMatrix(a, b).entries())
    expect(cosine).toBeCloseTo(wanted[at]!, 6);
  const [many, few] = [rows(9, 5), rows(7, 5)];
  const all = cosineMatrix(many, few);
  expect(all.length).toBe(63);
  for (const [n, m] of [
    [0, 0],
    [8, 6],
    [5, 3],
  ] as const) {
    let sum = 0;
    for (let p = 0; p < 5; p++) sum += many.data[n * 5 + p]! * few.data[m * 5 + p]!;
    expect(all[n * 7 + m]).toBe(sum);
  }
  expect(cosineMatrix(a, { width: 2, data: [] }).length).toBe(0);
  expect(() => cosineMatrix(a, rows(1, 3))).toThrow(
    "both inputs need rows of one width, got 2 and 3",
  );
});

test("rows have unit length; a zero row is unchanged", () => {
  const { data } = normalizeRows({ width: 2, data: [3, 4, 0, 0] });
  expect([...Array.from(data)]).toEqual([Math.fround(0.6), Math.fround(0.8), 0, 0]);
  expect(countRows(rows(4, 3))).toBe(4);
});

test("the largest come first; ties keep their order", () => {
  expect(largest([1, 5, 3, 5, 4], 3)).toEqual([1, 3, 4]);
  expect(largest([2, 2, 2], 2)).toEqual([0, 1]);
  expect(largest([1, 2], 5)).toEqual([1, 0]);
  const scores = Array.from({ length: 200 }, (_, i) => Math.round(50 * Math.sin(i * i)));
  const sorted = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
  for (const k of [1, 2, 7, 200]) expect(largest(scores, k)).toEqual(sorted.slice(0, k));
});
