import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import { createGraph, type Tensor } from "../../graph/graph.ts";
import { input } from "../../graph/inputs.ts";
import { batch } from "../../graph/shape.ts";
import { runScoped } from "../../nn/scope.fixture.ts";
import { mul } from "../../ops/arithmetic.ts";
import { randomArray } from "../../ops/check.fixture.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { softmax } from "../../ops/softmax.ts";
import { evaluate, valueAndGradients } from "../../runtime/evaluate.ts";
import { type Normalization, selectTopK } from "../routing.ts";
import { droplessDispatcher } from "./dropless.ts";
import { type CapacityLimit, type LimitedRouting, limitCapacity } from "./limit-capacity.ts";

const gates = array([
  [0.4, 0, 0.2],
  [0.5, 0.1, 0.4],
  [0.3, 0.2, 0.6],
]);

interface Limited {
  /** All results by choice, then token. */
  readonly attempted: number[][];
  readonly ids: number[][];
  readonly positions: number[][];
  readonly weights: number[][];
  readonly successRate: number;
}

function rows(values: NdArray): number[][] {
  const width = values.shape[1]!;
  const flat = toNumbers(values);
  return Array.from({ length: values.shape[0]! }, (_, r) =>
    flat.slice(r * width, (r + 1) * width).map((x) => Math.round(x * 1e6) / 1e6),
  );
}

async function limited(
  probabilities: NdArray,
  numSelectedExperts: number,
  limit: CapacityLimit,
  { mask, normalization = "none" }: { mask?: boolean[]; normalization?: Normalization } = {},
): Promise<Limited> {
  const given = mask === undefined ? [] : [array(mask, "bool")];
  const [attempted, ids, positions, weights, rate] = await evaluate(
    (p, present) => {
      const free = selectTopK(p, p, numSelectedExperts, normalization);
      const masked = present === undefined ? limit : { ...limit, mask: present };
      const result = limitCapacity(free, masked);
      return [free.ids, result.ids, result.positions, result.combineWeights, result.successRate];
    },
    [probabilities, ...given],
  );
  return {
    attempted: rows(attempted!),
    ids: rows(ids!),
    positions: rows(positions!),
    weights: rows(weights!),
    successRate: toNumbers(rate!)[0]!,
  };
}

describe("gates of vmoe's routing_test.py, K = 2, C = 2", () => {
  test("token priority", async () => {
    const { attempted, ids, positions, weights, successRate } = await limited(gates, 2, {
      capacity: 2,
    });
    expect(attempted).toEqual([
      [0, 0, 2],
      [2, 2, 0],
    ]);
    expect(positions).toEqual([
      [0, 1, 0],
      [1, 2, 2],
    ]);
    expect(ids).toEqual([
      [0, 0, 2],
      [2, 3, 3],
    ]);
    expect(weights).toEqual([
      [0.4, 0.5, 0.6],
      [0.2, 0, 0],
    ]);
    expect(successRate).toBeCloseTo(4 / 6);
  });

  test("batch priority", async () => {
    const { positions, ids, weights } = await limited(gates, 2, { capacity: 2, priority: "batch" });
    expect(positions).toEqual([
      [1, 0, 0],
      [2, 1, 2],
    ]);
    expect(ids).toEqual([
      [0, 0, 2],
      [3, 2, 3],
    ]);
    expect(weights).toEqual([
      [0.4, 0.5, 0.6],
      [0, 0.4, 0],
    ]);
  });

  test("choices token by token", async () => {
    const { positions } = await limited(gates, 2, { capacity: 2, order: "token-major" });
    // Expert 0 is requested by items 0, 1, 2 and expert 2 by items 0, 1, 2, each in this order.
    expect(positions).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });

  test("weights divided by their sum before or after dropping", async () => {
    const before = await limited(gates, 2, { capacity: 2, normalization: "before" });
    expect(before.weights).toEqual([
      [0.666667, 0.555556, 0.666667],
      [0.333333, 0, 0],
    ]);
    const after = await limited(gates, 2, { capacity: 2, normalization: "after" });
    expect(after.weights).toEqual([
      [0.666667, 1, 1],
      [0.333333, 0, 0],
    ]);
  });
});

test("each group fills its own buffers", async () => {
  const all = array([[1], [0.5], [0.25], [1], [0.5], [0.25]]);
  const { positions } = await limited(all, 1, { capacity: 2, numGroups: 2, priority: "batch" });
  expect(positions).toEqual([[0, 1, 2, 0, 1, 2]]);
});

test("ties keep the order of tokens", async () => {
  const { positions } = await limited(array([[0.5], [0.7], [0.5], [0.7]]), 1, {
    capacity: 3,
    priority: "batch",
  });
  expect(positions).toEqual([[2, 0, 3, 1]]);
});

test.each(["token", "batch"] as const)("padding takes no room, %s priority", async (priority) => {
  const padded = array([[1], [0.5], [0.9], [0.25]]);
  const { ids, positions, weights, successRate } = await limited(
    padded,
    1,
    { capacity: 2, priority, normalization: "after" },
    { mask: [false, true, false, true] },
  );
  expect(ids).toEqual([[1, 0, 1, 0]]);
  expect(positions).toEqual([[2, 0, 2, 1]]);
  expect(weights).toEqual([[0, 1, 0, 1]]);
  expect(successRate).toBe(1);
});

test("only padding", async () => {
  const { ids, successRate } = await limited(
    gates,
    2,
    { capacity: 1 },
    { mask: [false, false, false] },
  );
  expect(ids.flat()).toEqual([3, 3, 3, 3, 3, 3]);
  expect(successRate).toBe(1);
});

test("a run-time number of tokens, in one group or in a run-time number of groups", async () => {
  for (const numGroups of [1, batch()]) {
    const { outputs } = await runScoped(
      (_, { p }) => {
        const routing = selectTopK(p!, p!, 1, "none");
        const { positions } = limitCapacity(routing, { capacity: 1, priority: "batch", numGroups });
        return { positions };
      },
      { inputs: { p: array([[0.5], [0.7], [0.9], [0.8]]) }, shapes: { p: [batch(2), 1] } },
    );
    expect(toNumbers(outputs.positions!)).toEqual(numGroups === 1 ? [1, 1, 0, 1] : [1, 0, 0, 1]);
  }
});

test("invalid groups and capacities are refused", () => {
  const p = input(createGraph(), "p", { dtype: "float32", shape: [5, 2] });
  const routing = selectTopK(p, p, 1, "none");
  expect(() => limitCapacity(routing, { capacity: 1, numGroups: 2 })).toThrow(
    "5 tokens cannot be split into 2 equal groups; choose a number of groups that divides them",
  );
  expect(() => limitCapacity(routing, { capacity: 0 })).toThrow(
    "capacity must be a whole number >= 1, got 0",
  );
});

/** Expert `e` multiplies by `e + 1`. */
function output(x: Tensor, routing: Parameters<typeof droplessDispatcher>[0]): Tensor {
  const dispatcher = droplessDispatcher(routing);
  return dispatcher.combine(dispatcher.dispatch(x).map((own, e) => mul(own, e + 1)));
}

const drawn = fc.record({
  numTokens: fc.constantFrom(2, 4, 6, 8),
  numExperts: fc.integer({ min: 1, max: 5 }),
  selected: fc.integer({ min: 1, max: 5 }),
  capacity: fc.integer({ min: 1, max: 4 }),
  numGroups: fc.constantFrom(1, 2),
  priority: fc.constantFrom("token" as const, "batch" as const),
  order: fc.constantFrom("k-major" as const, "token-major" as const),
  normalization: fc.constantFrom("none" as const, "before" as const, "after" as const),
  seed: fc.nat(1000),
});

test("no expert exceeds its capacity, no token its K, and no token is dropped unnecessarily", async () => {
  await fc.assert(
    fc.asyncProperty(drawn, async ({ numTokens, numExperts, seed, ...options }) => {
      const selected = Math.min(options.selected, numExperts);
      const p = randomArray([numTokens, numExperts], seed, 0.01, 1);
      const { attempted, ids, positions, weights } = await limited(p, selected, options);
      const size = numTokens / options.numGroups;
      for (let g = 0; g < options.numGroups; g++) {
        for (let e = 0; e < numExperts; e++) {
          const asked = attempted.flatMap((row, k) =>
            row.flatMap((id, n) =>
              id === e && Math.floor(n / size) === g ? [[k, n] as const] : [],
            ),
          );
          const taken = asked.filter(([k, n]) => ids[k]![n] === e);
          expect(taken.length).toBe(Math.min(asked.length, options.capacity));
          const slots = taken.map(([k, n]) => positions[k]![n]!).sort((a, b) => a - b);
          expect(slots).toEqual(slots.map((_, i) => i));
        }
      }
      for (let n = 0; n < numTokens; n++) {
        const own = ids.map((row) => row[n]!).filter((id) => id < numExperts);
        expect(new Set(own).size).toBe(own.length);
        expect(own.length).toBeLessThanOrEqual(selected);
        const total = weights.reduce((sum, row) => sum + row[n]!, 0);
        if (options.normalization === "after") expect(total).toBeCloseTo(own.length > 0 ? 1 : 0, 4);
        ids.forEach((row, k) => {
          if (row[n] === numExperts) expect(weights[k]![n]).toBe(0);
        });
      }
    }),
    { numRuns: 25, seed: 1 },
  );
});

test("batch priority changes only which tokens are dropped", async () => {
  await fc.assert(
    fc.asyncProperty(drawn, async ({ numTokens, numExperts, seed, ...options }) => {
      const selected = Math.min(options.selected, numExperts);
      const p = randomArray([numTokens, numExperts], seed, 0.01, 1);
      const counts = async (priority: "token" | "batch") => {
        const { ids, weights, successRate } = await limited(p, selected, {
          ...options,
          normalization: "none",
          priority,
        });
        const perExpert = Array.from(
          { length: numExperts },
          (_, e) => ids.flat().filter((id) => id === e).length,
        );
        return { perExpert, successRate, ids, weights };
      };
      const [token, first] = [await counts("token"), await counts("batch")];
      expect(first.perExpert).toEqual(token.perExpert);
      expect(first.successRate).toBe(token.successRate);
      token.ids.forEach((row, k) => {
        row.forEach((id, n) => {
          if (id < numExperts && first.ids[k]![n]! < numExperts) {
            expect(first.ids[k]![n]).toBe(id);
            expect(first.weights[k]![n]).toBe(token.weights[k]![n]);
          }
        });
      });
    }),
    { numRuns: 15, seed: 2 },
  );
});

test("with room for all tokens, the output and its gradients equal dropless dispatch", async () => {
  const [x, logits] = [randomArray([6, 3], 1), randomArray([6, 4], 2)];
  const run = (limit?: CapacityLimit) =>
    valueAndGradients(
      (tokens, z) => {
        const free = selectTopK(z, softmax(z), 2, "none");
        const y = output(tokens, limit === undefined ? free : limitCapacity(free, limit));
        return reduceSum(mul(y, mul(y, tokens)));
      },
      [x, logits],
    );
  const free = await run();
  for (const priority of ["token", "batch"] as const) {
    const roomy = await run({ capacity: 6, priority });
    expect(toNumbers(roomy.value)).toEqual(toNumbers(free.value));
    roomy.gradients.forEach((gradient, i) => {
      expect(toNumbers(gradient)).toEqual(toNumbers(free.gradients[i]!));
    });
  }
});

test("a dropped assignment contributes nothing and receives no gradient", async () => {
  const x = array([[1], [2], [3]]);
  const { value, gradients } = await valueAndGradients(
    (tokens, p) => {
      const routing: LimitedRouting = limitCapacity(selectTopK(p, p, 1, "none"), { capacity: 1 });
      return reduceSum(output(tokens, routing));
    },
    [
      x,
      array([
        [0.9, 0.1],
        [0.8, 0.2],
        [0.3, 0.7],
      ]),
    ],
  );
  expect(toNumbers(value)[0]).toBeCloseTo(0.9 * 1 + 0.7 * 3 * 2, 5);
  expect(rows(gradients[0]!)).toEqual([[0.9], [0], [1.4]]);
  expect(rows(gradients[1]!)).toEqual([
    [1, 0],
    [0, 0],
    [0, 6],
  ]);
});

test.each([
  { name: "one token, one expert, room for one", p: [[0.4]], selected: 1, counts: [1] },
  {
    name: "all tokens to one expert",
    p: Array<number[]>(6).fill([0.9, 0.1]),
    selected: 1,
    counts: [1, 0],
  },
  {
    name: "every expert for every token",
    p: Array<number[]>(3).fill([0.6, 0.4]),
    selected: 2,
    counts: [1, 1],
  },
])("$name", async ({ p, selected, counts }) => {
  const [found, y] = await evaluate(
    (gate) => {
      const dispatcher = droplessDispatcher(
        limitCapacity(selectTopK(gate, gate, selected, "none"), { capacity: 1 }),
      );
      return [dispatcher.counts, dispatcher.combine(dispatcher.dispatch(gate))];
    },
    [array(p)],
  );
  expect(toNumbers(found!)).toEqual(counts);
  const kept = selected === 1 ? p[0]![0]! : 1; // the first token's weights
  const expected = p.map((row, n) => row.map((x: number) => (n === 0 ? kept * x : 0)));
  expect(rows(y!)).toEqual(expected.map((row) => row.map((x) => Math.round(x * 1e6) / 1e6)));
});

test("without a limit, permuting tokens permutes outputs", async () => {
  const [x, logits] = [randomArray([5, 3], 3), randomArray([5, 4], 4)];
  const order = [3, 0, 4, 2, 1];
  const permuted = (a: NdArray): NdArray => array(order.map((n) => rowOf(a, n)));
  const run = (tokens: NdArray, z: NdArray) =>
    evaluate((t, l) => [output(t, selectTopK(l, softmax(l), 2, "sum"))], [tokens, z]);
  const [straight] = await run(x, logits);
  const [shuffled] = await run(permuted(x), permuted(logits));
  expect(toNumbers(shuffled!)).toEqual(toNumbers(permuted(straight!)));
});

function rowOf(a: NdArray, n: number): number[] {
  const width = a.shape[1]!;
  return toNumbers(a).slice(n * width, (n + 1) * width);
}
