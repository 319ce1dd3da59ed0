/** Properties of every token-choice router. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { batch } from "../../graph/shape.ts";
import { normalArray, runScoped } from "../../nn/scope.fixture.ts";
import type { Scope } from "../../nn/scope.ts";
import { randomArray } from "../../ops/check.fixture.ts";
import { formsOf, type Method } from "../methods.fixture.ts";
import type { Routing } from "../routing.ts";
import { rowsOf, sumOf, tensorsOf, transposed } from "./routers.fixture.ts";

type Router = (scope: Scope, x: Tensor) => Routing;

const E = 5;

/** Every form whose choice depends only on the token, for some and for all experts. */
const methods = (formsOf("token-choice") as Method[])
  .filter(({ byToken }) => byToken)
  .flatMap(({ name, total, gives, route }) =>
    [2, E].map((K) => ({
      ...{ name: `${name}, K = ${K}`, total, gives },
      router: (scope: Scope, x: Tensor) => route(scope, x, { E, K }),
    })),
  );

const values = {
  expert_bias: array([0, 0.1, 0, -0.1, 0]),
  // Initially zero, so that all experts are equal.
  "gate.weight": normalArray("gate", [E, 6]),
  "noise.weight": normalArray("noise", [E, 6]),
};

/** Ids, weights and probabilities of each token. */
async function run(router: Router, x: NdArray, training = false) {
  const { trace, outputs } = await runScoped(
    (scope, inputs) => tensorsOf(router(scope, inputs.x!)),
    { inputs: { x }, values, training },
  );
  const rows = (name: string) =>
    rowsOf({ shape: outputs[name]!.shape, data: toNumbers(outputs[name]!) });
  return {
    trace,
    ids: transposed(rows("ids")),
    weights: transposed(rows("combineWeights")),
    probabilities: rows("probabilities"),
  };
}

describe.each(methods)("$name", ({ router, total, gives }) => {
  test("at most K different experts, weights only with experts, probabilities of sum 1", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.nat(999), async (N, seed) => {
        const { ids, weights, probabilities } = await run(router, randomArray([N, 6], seed));
        for (const [n, chosen] of ids.entries()) {
          const real = chosen.filter((e) => e < E);
          expect(new Set(real).size).toBe(real.length);
          for (const [k, e] of chosen.entries()) {
            expect(e).toBeLessThanOrEqual(E);
            if (e === E) expect(weights[n]![k]).toBe(0);
            else expect(weights[n]![k]).toBeGreaterThan(0);
          }
          if (total !== undefined) expect(sumOf(weights[n]!)).toBeCloseTo(total, 5);
          else expect(sumOf(weights[n]!)).toBeLessThanOrEqual(1 + 1e-5);
          if (gives.includes("distribution")) expect(sumOf(probabilities[n]!)).toBeCloseTo(1, 5);
        }
      }),
      { numRuns: 5 },
    );
  });
});

describe.each(methods)("$name", ({ router }) => {
  test("permuted tokens get the same experts and weights", async () => {
    const x = randomArray([6, 6], 3);
    const order = [4, 0, 5, 2, 1, 3];
    const rows = rowsOf({ shape: x.shape, data: toNumbers(x) });
    const [straight, moved] = [
      await run(router, x),
      await run(router, array(order.map((n) => rows[n]!))),
    ];
    expect(moved.ids).toEqual(order.map((n) => straight.ids[n]!));
    for (const [i, n] of order.entries()) {
      for (const [k, weight] of moved.weights[i]!.entries()) {
        expect(weight).toBeCloseTo(straight.weights[n]![k]!, 6);
      }
    }
  });

  test("evaluation draws no random numbers", async () => {
    const { trace } = await run(router, randomArray([3, 6], 1));
    expect([...trace.randoms.keys()]).toEqual([]);
  });

  test("its parameters get gradients through the weights, with any batch size", async () => {
    const { gradients } = await runScoped(
      (scope, { x }) => ({ weights: router(scope, x!).combineWeights }),
      {
        inputs: { x: randomArray([6, 6], 2) },
        shapes: { x: [batch(3), 6] },
        values,
        differentiate: ["weights"],
      },
    );
    for (const [name, gradient] of Object.entries(gradients.weights!)) {
      if (name.startsWith("noise.")) continue; // only through noise, which is off
      expect(Math.max(...toNumbers(gradient).map(Math.abs)), name).toBeGreaterThan(1e-6);
    }
  });
});
