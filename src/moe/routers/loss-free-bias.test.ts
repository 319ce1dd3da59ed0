import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { zeros } from "../../nn/initializers.ts";
import { runScoped } from "../../nn/scope.fixture.ts";
import type { Scope } from "../../nn/scope.ts";
import { createScope } from "../../nn/scope.ts";
import { checkOperator, randomArray } from "../../ops/check.fixture.ts";
import { unsqueeze } from "../../ops/reshape.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import { biasRouting, lossFreeBiasRouter, nextBias } from "./loss-free-bias.ts";
import { choose, expectValues, identity, normalized, parts, rowsOf } from "./routers.fixture.ts";

const Z = array([
  [0.5, -0.2, 1, 0.3],
  [0.1, 0.9, -0.5, 0.2],
]);
const BIAS = array([0, 0.3, -0.4, 0.1]);

test("selected with the bias, weighted without it (computed in float64)", async () => {
  const [ids, weights, p] = await evaluate(
    (z, b) => parts(biasRouting(z!, b!, { numSelectedExperts: 2, routeScale: 2.5 })),
    [Z, BIAS],
  );
  expect(toNumbers(ids!)).toEqual([1, 1, 3, 3]);
  expectValues(weights, [1.0983854, 1.4097375, 1.4016146, 1.0902625]);
  const mean = [0, 1, 2, 3].map((e) => (toNumbers(p!)[e]! + toNumbers(p!)[e + 4]!) / 2);
  expectValues(array(mean), [0.2522092, 0.2589675, 0.240965, 0.2478583]);
});

test("a token whose scores are all zero in float32 has zero weights, not NaN", async () => {
  const [ids, weights, p] = await evaluate(
    (z, b) => parts(biasRouting(z!, b!, { numSelectedExperts: 2 })),
    [array([[-200, -1e4, -300, -1e4]]), BIAS],
  );
  expect(toNumbers(ids!)).toEqual([1, 3]);
  expect(toNumbers(weights!)).toEqual([0, 0]);
  expect(toNumbers(p!)).toEqual([0, 0, 0, 0]);
});

test("the bias moves by its rate towards experts below the mean (hand-computed)", async () => {
  const [moved] = await evaluate(
    (bias, counts) => nextBias(bias!, counts!, 0.001),
    [array([0, 0, 0, 0]), array([4, 1, 3, 0])],
  );
  expectValues(moved, [-0.001, 0.001, -0.001, 0.001]);
});

test("groups are scored by their top two; experts of other groups cannot be chosen", async () => {
  // Groups (0, 1, 2) and (3, 4, 5): the best expert is 0, the best pair is in the second group.
  const [ids] = await evaluate(
    (z, b) =>
      parts(biasRouting(z!, b!, { numSelectedExperts: 3, numGroups: 2, numSelectedGroups: 1 })),
    [array([[3, -3, -3, 1, 2, -2]]), array([0, 0, 0, 0, 0, -2])],
  );
  // Expert 5 has a negative score and still precedes the other group.
  expect(toNumbers(ids!)).toEqual([4, 3, 5]);
});

test.each([
  [6, 4, 1, 1],
  [6, 6, 2, 1],
  [6, 3, 1, 3],
  [6, 3, 0, 1],
])("%i experts in %i groups, %i of them for %i choices: refused", (E, G, kept, K) => {
  const { scope } = createScope({ training: false });
  const logits = scope.state("z", [2, E], zeros);
  const bias = scope.state("b", [E], zeros);
  const options = { numSelectedExperts: K, numGroups: G, numSelectedGroups: kept };
  expect(() => biasRouting(logits, bias, options)).toThrow("cannot fit");
});

async function updated(training: boolean, mask: boolean): Promise<readonly number[] | undefined> {
  const { outputs } = await runScoped(
    (scope, { x, counted }) => {
      const options = { numExperts: 4, numSelectedExperts: 1, updateRate: 0.5 };
      // The update is traced by the scope that `runScoped` made, so it is read through a wrapper.
      let next = x!;
      let bias = x!;
      const watched: Scope = {
        ...scope,
        state: (...spec) => {
          bias = scope.state(...spec);
          return bias;
        },
        updateFrom: (_, { counts }, rule) => {
          next = rule(bias, { counts: unsqueeze(counts!, 0) });
        },
      };
      lossFreeBiasRouter(watched, x!, { ...options, ...(mask && { mask: counted! }) });
      return next === x ? { probabilities: x! } : { next };
    },
    {
      inputs: { x: Z, counted: array([true, false], "bool") },
      training,
      values: { weight: identity(4), expert_bias: array([0, 0, 0, 0]) },
    },
  );
  return outputs.next && toNumbers(outputs.next);
}

test("training updates the bias from unmasked tokens; evaluation does not", async () => {
  expect(await updated(true, false)).toEqual([0.5, -0.5, -0.5, 0.5]); // experts 2 and 1
  expect(await updated(true, true)).toEqual([0.5, 0.5, -0.5, 0.5]); // only the first token
  expect(await updated(false, false)).toBeUndefined();
});

test("gradients flow through the scores, not through the bias", async () => {
  const scored = (x: Parameters<typeof rowsOf>[0]) =>
    rowsOf(x).map((row) => row.map((value) => 1 / (1 + Math.exp(-value))));
  await checkOperator({
    fn: (z, b) =>
      parts(
        biasRouting(z!, b!, {
          numSelectedExperts: 2,
          numGroups: 3,
          numSelectedGroups: 2,
          routeScale: 2.5,
        }),
      ),
    inputs: [randomArray([5, 6], 1), array([0.1, 0, -0.1, 0, 0.2, 0])],
    reference: (z, b) => {
      const s = scored(z!);
      const biased = s.map((row) => row.map((value, e) => value + b!.data[e]!));
      const kept = biased.map((row) => {
        const sums = [0, 1, 2].map((g) => row[2 * g]! + row[2 * g + 1]!);
        const worst = sums.indexOf(Math.min(...sums));
        return row.map((value, e) => (Math.floor(e / 2) === worst ? -9 : value));
      });
      const weigh = (n: number, chosen: readonly number[]) =>
        normalized(chosen.map((e) => s[n]![e]!)).map((value) => 2.5 * value);
      return choose(kept, 2, weigh, s.map(normalized));
    },
  });
});
