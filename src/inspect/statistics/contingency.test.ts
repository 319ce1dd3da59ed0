import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { association, contingencyTable } from "./contingency.ts";

test("pairs are counted; labels out of range are skipped", () => {
  const classes = [0n, 0n, 1n, 1n, -1n, 1n];
  const experts = [2, 2, 0, 1, 0, 3]; // 3 means a dropped token
  expect(contingencyTable(classes, experts, { numRows: 2, numColumns: 3 })).toEqual([
    [0, 0, 2],
    [1, 1, 0],
  ]);
  expect(() => contingencyTable([0], [0, 1], { numRows: 1, numColumns: 2 })).toThrow(
    "two labels per item, got 1 and 2",
  );
});

describe("hand-computed measures", () => {
  test("a table of 2 by 3", () => {
    // Sums 40 and 60; 30, 30, 40; expected 12, 12, 16 and 18, 18, 24.
    const found = association([
      [20, 10, 10],
      [10, 20, 30],
    ]);
    const chiSquare = 64 / 12 + 4 / 12 + 36 / 16 + 64 / 18 + 4 / 18 + 36 / 24;
    expect(found.count).toBe(100);
    expect(found.chiSquare).toBeCloseTo(chiSquare, 10);
    expect(found.chiSquare).toBeCloseTo(13.1944444, 6);
    expect(found.degreesOfFreedom).toBe(2);
    expect(found.cramersV).toBeCloseTo(Math.sqrt(chiSquare / 100), 10);
    const information =
      0.2 * Math.log(20 / 12) +
      0.1 * Math.log(10 / 12) +
      0.1 * Math.log(10 / 16) +
      0.1 * Math.log(10 / 18) +
      0.2 * Math.log(20 / 18) +
      0.3 * Math.log(30 / 24);
    expect(found.mutualInformation).toBeCloseTo(information, 10);
    const rows = -0.4 * Math.log(0.4) - 0.6 * Math.log(0.6);
    const columns = -0.6 * Math.log(0.3) - 0.4 * Math.log(0.4);
    expect(found.normalizedMutualInformation).toBeCloseTo((2 * information) / (rows + columns), 10);
    const means = { geometric: Math.sqrt(rows * columns), min: rows, max: columns } as const;
    for (const normalization of ["geometric", "min", "max"] as const) {
      const other = association([[20, 10, 10], [10, 20, 30]], { normalization }); // biome-ignore format: a matrix
      const expected = information / means[normalization];
      expect(other.normalizedMutualInformation).toBeCloseTo(expected, 10);
    }
  });

  test("mutual information of labels and experts", () => {
    // p = 1/2, 1/4 | 0, 1/4; rows 3/4 and 1/4, columns 1/2 and 1/2.
    const expected =
      0.5 * Math.log(0.5 / 0.375) + 0.25 * Math.log(0.25 / 0.375) + 0.25 * Math.log(2);
    const found = association([[2, 1, 0], [0, 1, 0]]); // biome-ignore format: a matrix
    expect(found.mutualInformation).toBeCloseTo(expected, 12);
  });

  test("one expert per class: every measure is 1", () => {
    const found = association([
      [0, 5, 0],
      [3, 0, 0],
      [0, 0, 2],
    ]);
    expect(found.normalizedMutualInformation).toBeCloseTo(1, 12);
    expect(found.cramersV).toBeCloseTo(1, 12);
    expect(found.chiSquare).toBeCloseTo(20, 10); // n (min(R, C) - 1)
  });

  test("experts independent of the class: everything is 0", () => {
    const found = association([
      [2, 4, 6],
      [1, 2, 3],
    ]);
    expect(found.mutualInformation).toBeCloseTo(0, 12);
    expect(found.chiSquare).toBeCloseTo(0, 12);
    expect(found.cramersV).toBeCloseTo(0, 6);
  });
});

test("empty rows and columns have no effect", () => {
  const bare = association([[3, 1], [1, 4]]); // biome-ignore format: a matrix
  expect(association([[3, 0, 1], [0, 0, 0], [1, 0, 4]])).toEqual(bare); // biome-ignore format: a matrix
});

test.each([
  ["no rows", []],
  [
    "zeros",
    [
      [0, 0],
      [0, 0],
    ],
  ],
  [
    "one column in use",
    [
      [3, 0],
      [2, 0],
    ],
  ],
])("%s: no association", (_, table) => {
  const { mutualInformation, normalizedMutualInformation, chiSquare, degreesOfFreedom, cramersV } =
    association(table);
  expect(degreesOfFreedom).toBe(0);
  expect([mutualInformation, normalizedMutualInformation, chiSquare, cramersV]).toEqual([
    0, 0, 0, 0,
  ]);
});

test("measures are symmetric in rows and columns, and within 0 and 1", () => {
  const tables = fc
    .record({ rows: fc.integer({ min: 1, max: 5 }), columns: fc.integer({ min: 1, max: 5 }) })
    .chain(({ rows, columns }) =>
      fc.array(fc.array(fc.nat(20), { minLength: columns, maxLength: columns }), {
        minLength: rows,
        maxLength: rows,
      }),
    );
  fc.assert(
    fc.property(tables, (table) => {
      const a = association(table);
      const b = association(table[0]!.map((_, c) => table.map((row) => row[c]!)));
      expect(b.mutualInformation).toBeCloseTo(a.mutualInformation, 10);
      expect(b.cramersV).toBeCloseTo(a.cramersV, 10);
      for (const measure of [a.normalizedMutualInformation, a.cramersV]) {
        expect(measure).toBeGreaterThanOrEqual(0);
        expect(measure).toBeLessThanOrEqual(1);
      }
    }),
  );
});
