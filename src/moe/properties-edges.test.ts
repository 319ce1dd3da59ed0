/** Every method in the smallest and the most uneven cases. */
import { expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../graph/array.ts";
import { add } from "../ops/arithmetic.ts";
import { randomArray } from "../ops/check.fixture.ts";
import { methodsFor, placements } from "./methods.fixture.ts";
import { sumOf, transposed } from "./routers/routers.fixture.ts";
import { matrixOf, observe, run, throughExperts } from "./run.fixture.ts";

const D = 4;

/** Every method with every placement on one input; outputs and gradients must be finite. */
async function everywhere(x: NdArray, sizes: { E: number; K: number; C: number }) {
  const { E, K, C } = sizes;
  const [N] = x.shape as [number];
  const possible = methodsFor(E).filter(({ byToken }) => N % 2 === 0 || byToken);
  const found = [];
  for (const { name, byToken, route } of possible) {
    const used = placements.filter(
      (placement) => N % 2 === 0 || !/two groups/.test(placement.name),
    );
    const outputs = await run(
      (scope, { x: tokens, mask }, trace) => {
        const routing = route(scope.child("router"), tokens!, { E, K });
        const executed = used.map((placement) => {
          const placed = placement.place(routing, { C, mask: mask! });
          const dispatcher = placement.dispatcher(placed);
          const unchanged = dispatcher.combine(dispatcher.dispatch(tokens!));
          const y = throughExperts(scope, tokens!, dispatcher);
          return [placement.name, placed, unchanged, y] as const;
        });
        const sum = executed.map(([, , , y]) => y).reduce((all, y) => add(all, y));
        return Object.assign(
          observe("all", sum, tokens!, trace),
          ...executed.map(([at, placed, unchanged]) => ({
            [`${at}: ids`]: placed.ids,
            [`${at}: weights`]: placed.combineWeights,
            [`${at}: unchanged`]: unchanged,
          })),
        );
      },
      { inputs: { x, mask: array(Array<boolean>(N).fill(true), "bool") } },
    );
    for (const [output, value] of Object.entries(outputs)) {
      expect(toNumbers(value).every(Number.isFinite), `${name}, ${output}`).toBe(true);
    }
    for (const placement of used) {
      const rows = (what: string) => matrixOf(outputs[`${placement.name}: ${what}`]!);
      found.push({
        name: `${name}, ${placement.name}`,
        byToken,
        limited: placement.name.includes("capacity"),
        grouped: placement.name.includes("groups"),
        ids: transposed(rows("ids")),
        weights: transposed(rows("weights")),
        unchanged: rows("unchanged"),
      });
    }
  }
  return found;
}

test.each([
  { what: "one token, one expert", N: 1, E: 1, K: 1, C: 1 },
  { what: "one token, all of three experts", N: 1, E: 3, K: 3, C: 1 },
  { what: "one expert for all", N: 4, E: 1, K: 1, C: 1 },
  { what: "all of three experts for all, room for one", N: 4, E: 3, K: 3, C: 1 },
  { what: "more experts than tokens", N: 2, E: 5, K: 2, C: 1 },
])("$what: finite gradients, and no expert beyond the capacity", async ({ N, E, K, C }) => {
  const x = randomArray([N, D], 5);
  const inputs = matrixOf(x);
  for (const { name, limited, grouped, ids, weights, unchanged } of await everywhere(x, {
    E,
    K,
    C,
  })) {
    for (const [n, row] of unchanged.entries()) {
      const sum = sumOf(weights[n]!);
      for (const [d, value] of row.entries()) {
        expect(value, name).toBeCloseTo(sum * inputs[n]![d]!, 4);
      }
    }
    const room = limited ? C * (grouped ? 2 : 1) : N;
    for (let e = 0; e < E; e++) {
      expect(ids.flat().filter((id) => id === e).length, name).toBeLessThanOrEqual(room);
    }
    if (E === 1)
      expect(
        ids.flat().filter((id) => id === 0),
        name,
      ).toHaveLength(Math.min(N, room));
  }
});

test("equal tokens go to the same experts, and the first ones are kept", async () => {
  const [row] = matrixOf(randomArray([1, D], 8));
  const x = array(Array.from({ length: 4 }, () => row!));
  for (const { name, byToken, limited, grouped, ids } of await everywhere(x, {
    E: 3,
    K: 1,
    C: 1,
  })) {
    if (!byToken) continue;
    const expected = ids[0]!;
    const stays = (n: number) => !limited || n === 0 || (grouped && n === 2);
    for (const [n, chosen] of ids.entries()) {
      expect(chosen, name).toEqual(stays(n) ? expected : expected.map(() => 3));
    }
  }
});
