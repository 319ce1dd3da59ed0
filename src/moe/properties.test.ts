/** Properties of every method's routing, for any sizes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { randomArray } from "../ops/check.fixture.ts";
import { matmul } from "../ops/matmul.ts";
import { reshape } from "../ops/reshape.ts";
import { denseDispatcher } from "./dispatch/dense.ts";
import { type Dispatcher, droplessDispatcher } from "./dispatch/dropless.ts";
import { expertChoiceDispatcher } from "./dispatch/expert-choice.ts";
import { type CapacityLimit, limitCapacity } from "./dispatch/limit-capacity.ts";
import { softDispatcher } from "./dispatch/soft.ts";
import { methodsFor } from "./methods.fixture.ts";
import { denseRouter } from "./routers/dense.ts";
import { expertChoiceRouter } from "./routers/expert-choice.ts";
import { sumOf, transposed } from "./routers/routers.fixture.ts";
import { softRouter } from "./routers/soft.ts";
import { matrixOf, run, throughExperts } from "./run.fixture.ts";

const D = 4;
const sizes = fc
  .record({
    N: fc.constantFrom(2, 4, 6, 8),
    E: fc.integer({ min: 1, max: 5 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    C: fc.integer({ min: 1, max: 4 }),
    seed: fc.nat(9999),
  })
  .map(({ share, ...rest }) => ({ ...rest, K: 1 + Math.floor(share * (rest.E - 1)) }));

/** The result for experts that return their input. */
const unchanged = (x: Tensor, dispatcher: Dispatcher): Tensor =>
  dispatcher.combine(dispatcher.dispatch(x));

function expectRows(
  found: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
  label: string,
): void {
  for (const [n, row] of expected.entries()) {
    for (const [d, value] of row.entries()) expect(found[n]![d], label).toBeCloseTo(value, 4);
  }
}

test("weights sum as documented; no token exceeds K, no expert C; identity experts return the weighted input", async () => {
  const options = fc.record({
    order: fc.constantFrom("k-major" as const, "token-major" as const),
    normalization: fc.constantFrom("none" as const, "before" as const, "after" as const),
    numGroups: fc.constantFrom(1, 2),
  });
  await fc.assert(
    fc.asyncProperty(sizes, options, async ({ N, E, K, C, seed }, limit) => {
      const x = randomArray([N, D], seed);
      const used = methodsFor(E);
      const outputs = await run(
        (scope, inputs) => {
          const found: Record<string, Tensor> = {};
          for (const { name, route } of used) {
            const routing = route(scope.child(name), inputs.x!, { E, K });
            found[`${name}:free ids`] = routing.ids;
            found[`${name}:free weights`] = routing.combineWeights;
            for (const priority of ["token", "batch"] as const) {
              const all: CapacityLimit = { ...limit, capacity: C, priority };
              const placed = limitCapacity(routing, all);
              found[`${name}:${priority} ids`] = placed.ids;
              found[`${name}:${priority} weights`] = placed.combineWeights;
              found[`${name}:${priority} y`] = unchanged(inputs.x!, droplessDispatcher(placed));
            }
          }
          return found;
        },
        { inputs: { x }, training: true, seed },
      );
      const inputs = matrixOf(x);
      for (const { name, total } of used) {
        const rows = (what: string) => matrixOf(outputs[`${name}:${what}`]!);
        const [ids, weights] = [transposed(rows("free ids")), transposed(rows("free weights"))];
        for (const [n, chosen] of ids.entries()) {
          const real = chosen.filter((e) => e < E);
          expect(new Set(real).size, name).toBe(real.length);
          const sum = sumOf(weights[n]!);
          if (total === undefined) expect(sum, name).toBeLessThanOrEqual(1 + 1e-5);
          else expect(sum, name).toBeCloseTo(total, 4);
        }
        const kept = (["token", "batch"] as const).map((priority) => {
          const [own, placed] = [rows(`${priority} ids`), rows(`${priority} weights`)];
          const counts = countsOf(transposed(own), E, limit.numGroups);
          const asked = countsOf(ids, E, limit.numGroups);
          expect(counts, `${name}, ${priority}`).toEqual(
            asked.map((group) => group.map((count) => Math.min(count, C))),
          );
          const sums = transposed(placed).map(sumOf);
          const expected = inputs.map((row, n) => row.map((value) => sums[n]! * value));
          expectRows(rows(`${priority} y`), expected, `${name}, ${priority}`);
          return { own, placed };
        });
        const [token, batch] = kept as [(typeof kept)[0], (typeof kept)[0]];
        for (const [k, row] of token.own.entries()) {
          for (const [n, e] of row.entries()) {
            for (const { own, placed } of kept) {
              if (own[k]![n] === E) expect(placed[k]![n], name).toBe(0);
              else expect(own[k]![n], name).toBe(ids[n]![k]);
            }
            // Batch priority changes only which tokens are dropped.
            if (e === E || batch.own[k]![n] === E || limit.normalization === "after") continue;
            expect(batch.placed[k]![n], name).toBe(token.placed[k]![n]);
          }
        }
      }
    }),
    { numRuns: 12, seed: 1 },
  );
});

/** Assignments of each expert in each group, from ids by token. */
function countsOf(ids: readonly (readonly number[])[], E: number, numGroups: number): number[][] {
  const size = ids.length / numGroups;
  return Array.from({ length: numGroups }, (_, g) =>
    Array.from(
      { length: E },
      (_, e) =>
        ids
          .slice(g * size, (g + 1) * size)
          .flat()
          .filter((id) => id === e).length,
    ),
  );
}

test("identity experts return the weighted input: dense, expert choice and slots", async () => {
  await fc.assert(
    fc.asyncProperty(sizes, async ({ N, E, C, seed }) => {
      const x = randomArray([N, D], seed);
      const capacity = Math.min(C, N / 2);
      const outputs = await run(
        (scope, inputs) => {
          const dense = denseRouter(scope.child("dense"), inputs.x!, { numExperts: E });
          const choice = expertChoiceRouter(scope.child("choice"), inputs.x!, {
            numExperts: E,
            capacity,
            groupSize: N / 2,
          });
          const grouped = reshape(inputs.x!, [2, N / 2, D]);
          const soft = softRouter(scope.child("soft"), grouped, { numExperts: E, numSlots: C });
          return {
            dense: unchanged(inputs.x!, denseDispatcher(dense)),
            choice: unchanged(inputs.x!, expertChoiceDispatcher(choice)),
            soft: unchanged(inputs.x!, softDispatcher(soft)),
            mixed: reshape(
              matmul(
                soft.combineWeights,
                matmul(soft.dispatchWeights, grouped, { transposeA: true }),
              ),
              [N, D],
            ),
            tokens: choice.tokenIds,
            weights: choice.combineWeights,
          };
        },
        { inputs: { x }, seed },
      );
      const inputs = matrixOf(x);
      const rows = (name: string) => matrixOf(outputs[name]!);
      expectRows(rows("dense"), inputs, "dense");
      expectRows(rows("soft"), rows("mixed"), "soft");
      const [tokens, weights] = [toNumbers(outputs.tokens!), toNumbers(outputs.weights!)];
      const sums = inputs.map((_, n) => sumOf(weights.filter((_, at) => tokens[at] === n)));
      expectRows(
        rows("choice"),
        inputs.map((row, n) => row.map((v) => sums[n]! * v)),
        "choice",
      );
      for (let e = 0; e < E; e++) {
        const own = tokens.slice(e * 2 * capacity, (e + 1) * 2 * capacity);
        expect(new Set(own).size).toBe(2 * capacity);
        expect(own.filter((n) => n < N / 2)).toHaveLength(capacity);
      }
    }),
    { numRuns: 12, seed: 2 },
  );
});

test("if nothing is dropped, permuting tokens permutes outputs", async () => {
  // Some methods choose by position, or depend on the other tokens of a sequence.
  await fc.assert(
    fc.asyncProperty(sizes, async ({ N, E, K, seed }) => {
      const used = methodsFor(E).filter(({ byToken, router }) => byToken || router.even);
      const forward = (x: ReturnType<typeof randomArray>) =>
        run(
          (scope, inputs) => {
            const found = Object.fromEntries(
              used.map(({ name, route }) => {
                const routing = route(scope.child(name), inputs.x!, { E, K });
                return [name, throughExperts(scope, inputs.x!, droplessDispatcher(routing))];
              }),
            );
            const options = { numExperts: E, capacity: N };
            const choice = expertChoiceRouter(scope.child("choice"), inputs.x!, options);
            const dense = denseRouter(scope.child("dense"), inputs.x!, { numExperts: E });
            const grouped = reshape(inputs.x!, [1, N, D]);
            const soft = softRouter(scope.child("soft"), grouped, { numExperts: E });
            return {
              ...found,
              choice: throughExperts(scope, inputs.x!, expertChoiceDispatcher(choice)),
              dense: throughExperts(scope, inputs.x!, denseDispatcher(dense)),
              soft: throughExperts(scope, inputs.x!, softDispatcher(soft)),
            };
          },
          { inputs: { x }, seed },
        );
      const x = randomArray([N, D], seed);
      const order = Array.from({ length: N }, (_, n) => (N + 1 - n) % N);
      const rows = matrixOf(x);
      const [straight, moved] = [
        await forward(x),
        await forward(array(order.map((n) => rows[n]!))),
      ];
      for (const [name, value] of Object.entries(straight)) {
        const [a, b] = [value, moved[name]!].map((y) => matrixOf(y));
        expectRows(
          b!,
          order.map((n) => a![n]!),
          name,
        );
      }
    }),
    { numRuns: 8, seed: 3 },
  );
});
