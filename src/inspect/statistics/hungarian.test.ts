import fc from "fast-check";
import { expect, test } from "vitest";
import { bestAssignment } from "./hungarian.ts";

function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((rest) =>
    Array.from({ length: n }, (_, at) => rest.toSpliced(at, 0, n - 1)),
  );
}

const worth = (scores: readonly (readonly number[])[], columns: readonly number[]): number =>
  columns.reduce((sum, column, row) => sum + scores[row]![column]!, 0);

test("hand-computed small cases", () => {
  expect(bestAssignment([])).toEqual([]);
  expect(bestAssignment([[-3]])).toEqual([0]);
  expect(bestAssignment([[1, 5], [2, 9]])).toEqual([0, 1]); // biome-ignore format: a matrix
  // The best entry of every row is in column 0; assigning it to row 2 costs least.
  expect(bestAssignment([[7, 6, 1], [8, 5, 7], [9, 2, 3]])).toEqual([1, 2, 0]); // biome-ignore format: a matrix
  expect(() => bestAssignment([[1, 2]])).toThrow("as many columns as rows, got 1 rows");
});

test("no permutation has a higher score", () => {
  const squares = fc.integer({ min: 1, max: 5 }).chain((n) =>
    fc.array(fc.array(fc.integer({ min: -20, max: 20 }), { minLength: n, maxLength: n }), {
      minLength: n,
      maxLength: n,
    }),
  );
  fc.assert(
    fc.property(squares, (scores) => {
      const columns = bestAssignment(scores);
      expect(columns.toSorted((a, b) => a - b)).toEqual(scores.map((_, i) => i));
      const best = Math.max(...permutations(scores.length).map((each) => worth(scores, each)));
      expect(worth(scores, columns)).toBe(best);
    }),
  );
});
