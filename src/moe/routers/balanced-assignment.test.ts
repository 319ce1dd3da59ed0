import fc from "fast-check";
import { expect, test } from "vitest";
import { toNumbers } from "../../graph/array.ts";
import { randomArray } from "../../ops/check.fixture.ts";
import { balancedAssignment } from "./balanced-assignment.ts";

const total = (scores: ArrayLike<number>, experts: ArrayLike<number>, E: number): number =>
  Array.from(experts).reduce((sum, e, n) => sum + scores[n * E + e]!, 0);

/** The maximum sum over all balanced assignments. */
function bruteForce(scores: ArrayLike<number>, N: number, E: number): number {
  const room = new Array<number>(E).fill(N / E);
  const visit = (n: number): number => {
    if (n === N) return 0;
    let found = Number.NEGATIVE_INFINITY;
    for (let e = 0; e < E; e++) {
      if (room[e] === 0) continue;
      room[e]!--;
      found = Math.max(found, scores[n * E + e]! + visit(n + 1));
      room[e]!++;
    }
    return found;
  };
  return visit(0);
}

test("hand-computed: the token that loses least is displaced", () => {
  // All four prefer expert 0; leaving it costs tokens 1 and 2 1 and 2, tokens 0 and 3 5 and 4.
  const scores = [5, 0, 3, 2, 4, 2, 6, 2];
  expect([...balancedAssignment(scores, 4, 2)]).toEqual([0, 1, 1, 0]);
});

test("every expert gets N / E tokens and the sum is maximal", () => {
  const cases = fc.record({
    E: fc.integer({ min: 1, max: 4 }),
    capacity: fc.integer({ min: 1, max: 3 }),
    seed: fc.nat(9999),
    rounded: fc.boolean(),
  });
  fc.assert(
    fc.property(cases, ({ E, capacity, seed, rounded }) => {
      const N = E * Math.min(capacity, E === 4 ? 2 : 3);
      // Rounded scores have many ties.
      const scores = toNumbers(randomArray([N, E], seed)).map((x) => (rounded ? Math.round(x) : x));
      const experts = balancedAssignment(scores, N, E);
      const counts = new Array<number>(E).fill(0);
      for (const e of experts) counts[e]!++;
      expect(counts).toEqual(counts.map(() => N / E));
      expect(total(scores, experts, E)).toBeCloseTo(bruteForce(scores, N, E), 4);
    }),
    { numRuns: 150 },
  );
});

test("equal scores, one expert, and no tokens", () => {
  expect([...balancedAssignment(new Float32Array(12), 6, 2)].sort()).toEqual([0, 0, 0, 1, 1, 1]);
  expect([...balancedAssignment([3, 1, 2], 3, 1)]).toEqual([0, 0, 0]);
  expect([...balancedAssignment([], 0, 4)]).toEqual([]);
});

test("a thousand tokens that all prefer one expert finish quickly", () => {
  const [N, E] = [1024, 8];
  const scores = randomArray([N, E], 1, 0, 1).data.map((x, i) => (i % E === 0 ? x + 1 : x));
  const start = performance.now();
  const experts = balancedAssignment(scores, N, E);
  expect(performance.now() - start).toBeLessThan(3000);
  expect(experts.filter((e) => e === 0)).toHaveLength(N / E);
});

test("a number of tokens that experts do not divide, and non-finite scores, are refused", () => {
  expect(() => balancedAssignment(new Float32Array(10), 5, 2)).toThrow(
    "balanced assignment needs a multiple of 2 tokens and a score for each pair, got 5 tokens and 10 scores",
  );
  expect(() => balancedAssignment([0, Number.NaN], 2, 1)).toThrow("scores must be finite");
});
