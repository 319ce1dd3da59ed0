import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { randomArray } from "../../ops/check.fixture.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import { balancedAssignment } from "./balanced-assignment.ts";
import { evenAssignment } from "./even-assignment.ts";

const sumOf = (scores: ArrayLike<number>, experts: ArrayLike<number>, E: number): number =>
  Array.from(experts).reduce((sum, e, n) => sum + scores[n * E + e]!, 0);

function countsOf(experts: readonly number[], E: number): number[] {
  return Array.from({ length: E }, (_, e) => experts.filter((expert) => expert === e).length);
}

test("hand-computed: the token that loses least is displaced", async () => {
  // All four prefer expert 0; leaving it costs tokens 1 and 2 1 and 2, tokens 0 and 3 5 and 4.
  const scores = array([
    [5, 0],
    [3, 2],
    [4, 2],
    [6, 2],
  ]);
  const [experts] = await evaluate((x) => [evenAssignment(x)], [scores]);
  expect(toNumbers(experts!)).toEqual([0, 1, 1, 0]);
});

test.each([
  { N: 256, E: 8, lean: 0 },
  { N: 256, E: 8, lean: 1.5 },
  { N: 96, E: 3, lean: 0.5 },
  { N: 128, E: 32, lean: 0.5 },
])(
  "$N tokens, $E experts, a skew of $lean: exactly even and near optimal",
  async ({ N, E, lean }) => {
    const draws = randomArray([N, E], 3);
    const scores = { ...draws, data: draws.data.map((x, i) => (i % E === 0 ? x + lean : x)) };
    const [experts] = await evaluate((x) => [evenAssignment(x)], [scores]);
    const found = toNumbers(experts!);
    expect(countsOf(found, E)).toEqual(Array(E).fill(N / E));
    const best = sumOf(scores.data, balancedAssignment(scores.data, N, E), E);
    const inOrder = sumOf(
      scores.data,
      found.map((_, n) => n % E),
      E,
    );
    const gained = (sumOf(scores.data, found, E) - inOrder) / (best - inOrder);
    expect(gained).toBeGreaterThan(0.98);
  },
);

test("equal scores, one expert, one token per expert", async () => {
  const [equal, one, each] = await evaluate(
    (a, b, c) => [evenAssignment(a!), evenAssignment(b!), evenAssignment(c!)],
    [array(Array(6).fill([0, 0])), array([[3], [1]]), array(Array(4).fill([9, 1, 1, 1]))],
  );
  expect(countsOf(toNumbers(equal!), 2)).toEqual([3, 3]);
  expect(toNumbers(one!)).toEqual([0, 0]);
  expect(toNumbers(each!).sort()).toEqual([0, 1, 2, 3]);
});

test("tokens that cannot be divided are refused", async () => {
  const scores = array(Array(5).fill([0, 1]));
  await expect(evaluate((x) => [evenAssignment(x)], [scores])).rejects.toThrow(
    "5 tokens cannot be divided among 2 experts",
  );
});
