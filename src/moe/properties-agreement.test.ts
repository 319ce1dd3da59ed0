/** Dispatch forms that must agree, and the smallest and most uneven cases. */
import { describe, expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { mul } from "../ops/arithmetic.ts";
import { randomArray } from "../ops/check.fixture.ts";
import { concat } from "../ops/join.ts";
import { matmul } from "../ops/matmul.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { type Dispatcher, droplessDispatcher } from "./dispatch/dropless.ts";
import { expertChoiceDispatcher } from "./dispatch/expert-choice.ts";
import { limitCapacity } from "./dispatch/limit-capacity.ts";
import { methods, placements } from "./methods.fixture.ts";
import { expertChoiceRouting } from "./routers/expert-choice.ts";
import { rowsOf, sumOf } from "./routers/routers.fixture.ts";
import { softmaxTopKRouting } from "./routers/softmax-top-k.ts";
import type { Routing } from "./routing.ts";
import { observe, run, throughExperts } from "./run.fixture.ts";

const D = 4;
const [dropless, , dense] = placements;

function expectForm(
  outputs: Readonly<Record<string, NdArray>>,
  form: string,
  reference: string,
): void {
  const wanted = Object.entries(outputs).filter(([name]) => name.startsWith(`${reference}: `));
  expect(wanted.length).toBeGreaterThan(2);
  for (const [name, value] of wanted) {
    const entries = toNumbers(value);
    const scale = Math.max(1e-3, ...entries.map(Math.abs));
    const found = toNumbers(outputs[name.replace(reference, form)]!);
    for (const [i, entry] of found.entries()) {
      expect(Math.abs(entry - entries[i]!) / scale, name.replace(reference, form)).toBeLessThan(
        2e-5,
      );
    }
  }
}

describe.each(methods)("$name", ({ route }) => {
  test.each([
    { N: 6, E: 4, K: 2 },
    { N: 4, E: 3, K: 3 },
    { N: 8, E: 5, K: 1 },
    { N: 2, E: 2, K: 2 },
  ])(
    "dropless, large capacity and dense agree in outputs and gradients: N $N, E $E, K $K",
    async ({ N, E, K }) => {
      const outputs = await run(
        (scope, { x }, trace) => {
          const routing = route(scope.child("router"), x!, { E, K });
          const forms: Record<string, Dispatcher> = {
            dropless: dropless!.dispatcher(routing),
            dense: dense!.dispatcher(routing),
            "roomy by token": droplessDispatcher(limitCapacity(routing, { capacity: N })),
            "roomy by gate": droplessDispatcher(
              limitCapacity(routing, { capacity: N, priority: "batch", order: "token-major" }),
            ),
          };
          const found = Object.entries(forms).map(
            ([name, form]) => [name, throughExperts(scope, x!, form)] as const,
          );
          return Object.assign({}, ...found.map(([name, y]) => observe(name, y, x!, trace)));
        },
        { inputs: { x: randomArray([N, D], N + E) }, training: true, seed: E },
      );
      for (const form of ["dense", "roomy by token", "roomy by gate"]) {
        expectForm(outputs, form, "dropless");
      }
    },
  );
});

test("unused experts have no effect and get no gradient", async () => {
  const [N, E] = [6, 3];
  const [x, weights] = [randomArray([N, D], 1), randomArray([D, E], 2)];
  const outputs = await run(
    (scope, inputs, trace) => {
      const logits = matmul(inputs.x!, inputs.w!); // [N, E]
      const far = mul(inputs.away!, 1e4); // [N, 2]
      const forms: Record<string, (z: Tensor) => Dispatcher> = {
        free: (z) => droplessDispatcher(routed(z)),
        limited: (z) => droplessDispatcher(limitCapacity(routed(z), { capacity: 2 })),
      };
      const found = Object.entries(forms).flatMap(([name, form]) => [
        [`${name}, few`, throughExperts(scope, inputs.x!, form(logits))] as const,
        [
          `${name}, more`,
          throughExperts(scope, inputs.x!, form(concat([logits, far], 1))),
        ] as const,
      ]);
      return Object.assign({}, ...found.map(([name, y]) => observe(name, y, inputs.x!, trace)));
    },
    {
      inputs: { x, w: weights, away: array(Array.from({ length: N }, () => [-1, -1])) },
    },
  );
  for (const name of ["free", "limited"]) {
    expectForm(outputs, `${name}, more`, `${name}, few`);
    for (const e of [3, 4]) {
      const slope = toNumbers(outputs[`${name}, more: by experts.${e}.weight`]!);
      expect(new Set(slope.map(Math.abs))).toEqual(new Set([0]));
    }
  }
});

const routed = (logits: Tensor): Routing => softmaxTopKRouting(logits, { numSelectedExperts: 2 });

test("expert choice with room for all tokens equals the dense mixture", async () => {
  const [y, counts, p] = await evaluate(
    (x, z) => {
      const choice = expertChoiceRouting(z, { capacity: 5 });
      const dispatcher = expertChoiceDispatcher(choice);
      const scaled = dispatcher.dispatch(x).map((rows, e) => mul(rows, e + 1));
      return [dispatcher.combine(scaled), dispatcher.counts, choice.probabilities];
    },
    [array([[1], [2], [3], [4], [5]]), randomArray([5, 3], 4)],
  );
  expect(toNumbers(counts!)).toEqual([5, 5, 5]);
  for (const [n, row] of rowsOf({ shape: [5, 3], data: toNumbers(p!) }).entries()) {
    const expected = (n + 1) * sumOf(row.map((value, e) => value * (e + 1)));
    expect(toNumbers(y!)[n]).toBeCloseTo(expected, 4);
  }
});
