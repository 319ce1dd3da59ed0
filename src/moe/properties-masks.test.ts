/** Masked tokens affect neither the outputs of others nor any loss. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import type { Scope } from "../nn/scope.ts";
import { randomArray } from "../ops/check.fixture.ts";
import { reshape } from "../ops/reshape.ts";
import { droplessDispatcher } from "./dispatch/dropless.ts";
import { expertChoiceDispatcher } from "./dispatch/expert-choice.ts";
import { limitCapacity } from "./dispatch/limit-capacity.ts";
import { maskTokens } from "./dispatch/mask.ts";
import { softDispatcher } from "./dispatch/soft.ts";
import { auxiliaryLoss, auxiliaryLosses } from "./losses/index.ts";
import { methods } from "./methods.fixture.ts";
import { expertChoiceRouter } from "./routers/expert-choice.ts";
import { softRouter } from "./routers/soft.ts";
import type { Routing } from "./routing.ts";
import { run, throughExperts } from "./run.fixture.ts";

const [N, D, E, K, C] = [6, 4, 4, 2, 2];
const lossNames = auxiliaryLosses.list().map(({ name }) => name);

const cases = fc.record({
  kept: fc.uniqueArray(fc.integer({ min: 0, max: N - 1 }), { minLength: 1, maxLength: N - 1 }),
  seed: fc.nat(9999),
});

/** Outputs of token choice with every placement, losses and metrics; `mask` excludes some tokens. */
function observe(
  scope: Scope,
  x: Tensor,
  routing: Routing,
  mask: Tensor | undefined,
): Record<string, Tensor> {
  const some = mask === undefined ? {} : { mask };
  const losses = lossNames.flatMap((name) => {
    const loss = auxiliaryLoss(name, routing, { ...some, numTokens: x.shape[0] as number });
    return loss === undefined ? [] : [[`loss ${name}`, loss] as const];
  });
  const limits = {
    free: mask === undefined ? routing : maskTokens(routing, mask),
    "token priority": limitCapacity(routing, { capacity: C, ...some }),
    "batch priority": limitCapacity(routing, {
      capacity: C,
      priority: "batch",
      normalization: "after",
      ...some,
    }),
  };
  const placed = Object.entries(limits).flatMap(([name, limited]) => [
    [`rows ${name}`, throughExperts(scope, x, droplessDispatcher(limited))] as const,
    [`counts ${name}`, droplessDispatcher(limited).counts] as const,
    ...("successRate" in limited ? [[`rate ${name}`, limited.successRate] as const] : []),
  ]);
  return Object.fromEntries([...losses, ...placed]);
}

/** Experts and slots that apply masks themselves. */
function others(scope: Scope, x: Tensor, capacity: number, mask?: Tensor): Record<string, Tensor> {
  const [size] = x.shape as [number];
  const choice = expertChoiceRouter(scope.child("choice"), x, {
    numExperts: E,
    capacity,
    ...(mask && { mask }),
  });
  const soft = softRouter(scope.child("soft"), reshape(x, [1, size, D]), {
    numExperts: E,
    ...(mask && { mask: reshape(mask, [1, size]) }),
  });
  return {
    "expert choice: rows": throughExperts(scope, x, expertChoiceDispatcher(choice)),
    "soft: rows": throughExperts(scope, x, softDispatcher(soft)),
  };
}

function expectSame(
  found: Readonly<Record<string, NdArray>>,
  expected: Readonly<Record<string, NdArray>>,
  places: readonly (readonly [found: number, expected: number])[],
): void {
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  for (const [name, value] of Object.entries(expected)) {
    const [a, b] = [toNumbers(found[name]!), toNumbers(value)];
    if (!name.includes("rows")) {
      for (const [i, v] of b.entries()) expect(a[i], name).toBeCloseTo(v, 4);
      continue;
    }
    for (const [at, from] of places) {
      for (let d = 0; d < D; d++) expect(a[at * D + d], name).toBeCloseTo(b[from * D + d]!, 4);
    }
  }
}

type Observe = (scope: Scope, x: Tensor, mask?: Tensor) => Record<string, Tensor>;

const maskOf = (kept: readonly number[]): NdArray =>
  array(
    Array.from({ length: N }, (_, n) => kept.includes(n)),
    "bool",
  );

/** Results do not depend on the content of masked tokens. */
async function ignoresContents(observed: Observe): Promise<void> {
  await fc.assert(
    fc.asyncProperty(cases, async ({ kept, seed }) => {
      const x = randomArray([N, D], seed);
      const other = randomArray([N, D], seed + 1, -9, 9);
      for (const n of kept) other.data.set(x.data.subarray(n * D, (n + 1) * D), n * D);
      const [found, expected] = await Promise.all(
        [other, x].map((tokens) =>
          run((scope, inputs) => observed(scope, inputs.x!, inputs.mask!), {
            inputs: { x: tokens, mask: maskOf(kept) },
            training: true,
            seed,
          }),
        ),
      );
      const places = kept.map((n) => [n, n] as const);
      expectSame(found!, expected!, places);
    }),
    { numRuns: 3, seed: 1 },
  );
}

/** Results equal the results without the masked tokens. */
async function equalsAbsence(observed: Observe): Promise<void> {
  await fc.assert(
    fc.asyncProperty(cases, async ({ kept, seed }) => {
      const places = [...kept].sort((a, b) => a - b);
      const x = randomArray([N, D], seed);
      const left = array(places.map((n) => [...x.data.subarray(n * D, (n + 1) * D)]));
      const whole = await run((scope, inputs) => observed(scope, inputs.x!, inputs.mask!), {
        inputs: { x, mask: maskOf(kept) },
        seed,
      });
      const bare = await run((scope, inputs) => observed(scope, inputs.x!), {
        inputs: { x: left },
        seed,
      });
      expectSame(
        whole,
        bare,
        places.map((n, i) => [n, i] as const),
      );
    }),
    { numRuns: 3, seed: 2 },
  );
}

describe.each(methods)("$name: masked tokens", ({ byToken, route }) => {
  const observed: Observe = (scope, x, mask) =>
    observe(scope, x, route(scope.child("router"), x, { E, K, mask }), mask);
  test("have no effect, whatever they contain", () => ignoresContents(observed));
  // Positions and sample sizes change without them.
  test.runIf(byToken)("are treated as absent", () => equalsAbsence(observed));
});

test("expert choice and slots: masked tokens have no effect", async () => {
  await ignoresContents((scope, x, mask) => others(scope, x, C, mask));
  await equalsAbsence((scope, x, mask) => others(scope, x, 1, mask));
});
