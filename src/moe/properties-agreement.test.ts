/** Forms of dispatch that must agree, and the smallest and most uneven cases. */
import { describe, expect, test } from "vitest";
import { gradients } from "../autodiff/gradients.ts";
import { array, type NdArray, toNumbers } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { torchLinear } from "../nn/initializers.ts";
import type { Scope, Trace } from "../nn/scope.ts";
import { tanh } from "../ops/activation.ts";
import { mul } from "../ops/arithmetic.ts";
import { randomArray } from "../ops/check.fixture.ts";
import { concat } from "../ops/join.ts";
import { matmul } from "../ops/matmul.ts";
import { reduceSum } from "../ops/reduce.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { limitCapacity } from "./dispatch/capacity.ts";
import { type Dispatcher, droplessDispatcher } from "./dispatch/dropless.ts";
import { expertChoiceDispatcher } from "./dispatch/expert-choice.ts";
import { type Method, methods, placements, secondExpert } from "./methods.fixture.ts";
import { expertChoiceRouting } from "./routers/expert-choice.ts";
import { rowsOf, sumOf, transposed } from "./routers/routers.fixture.ts";
import { softmaxTopKRouting } from "./routers/softmax-top-k.ts";
import type { Routing } from "./routing.ts";
import { run } from "./run.fixture.ts";

const D = 4;
const [dropless, , dense] = placements;

function through(scope: Scope, x: Tensor, dispatcher: Dispatcher): Tensor {
  const results = dispatcher.dispatch(x).map((rows, e) => {
    const weight = scope.child("experts").child(e).parameter("weight", [D, D], torchLinear);
    return tanh(matmul(rows, weight));
  });
  return dispatcher.combine(results); // [N, D]
}

/** The output of a form, and the gradients of a weighted sum of it by tokens and all parameters. */
function observe(
  name: string,
  y: Tensor,
  x: Tensor,
  { parameters }: Trace,
): Record<string, Tensor> {
  const wrt = new Map([
    ["x", x],
    ...[...parameters].map(([at, { tensor }]) => [at, tensor] as const),
  ]);
  const slopes = gradients(reduceSum(mul(y, mul(y, x))), [...wrt.values()]);
  const named = [...wrt.keys()].map((at, i) => [`${name}: by ${at}`, slopes[i]!] as const);
  return { [`${name}: y`]: y, ...Object.fromEntries(named) };
}

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

describe.each([...methods, ...secondExpert])("$name", ({ route }: Method) => {
  test.each([
    { N: 6, E: 4, K: 2 },
    { N: 4, E: 3, K: 3 },
    { N: 8, E: 5, K: 1 },
    { N: 2, E: 2, K: 2 },
  ])(
    "dropless, roomy capacity and dense agree in outputs and gradients: N $N, E $E, K $K",
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
            ([name, form]) => [name, through(scope, x!, form)] as const,
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

/** Every method with every placement on one input: routing, output, gradients. */
async function extremes(x: NdArray, sizes: { E: number; K: number; C: number }) {
  const { E, K, C } = sizes;
  const [N] = x.shape as [number];
  const possible = [...methods, ...(E > 1 ? secondExpert : [])].filter(
    ({ name }) => N % 2 === 0 || name !== "attentive, two samples",
  );
  const found = [];
  for (const { name, route } of possible) {
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
          const y = through(scope, tokens!, dispatcher);
          return [placement.name, placed, unchanged, y] as const;
        });
        return Object.assign(
          {},
          ...executed.map(([at, placed, unchanged, y]) => ({
            ...observe(at, y, tokens!, trace),
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
      const rows = (what: string) => {
        const value = outputs[`${placement.name}: ${what}`]!;
        return rowsOf({ shape: value.shape, data: toNumbers(value) });
      };
      found.push({
        name: `${name}, ${placement.name}`,
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

const rowOf = (x: NdArray, n: number): number[] => toNumbers(x).slice(n * D, (n + 1) * D);

test.each([
  { what: "one token, one expert", N: 1, E: 1, K: 1, C: 1 },
  { what: "one token, all of three experts", N: 1, E: 3, K: 3, C: 1 },
  { what: "one expert for all", N: 4, E: 1, K: 1, C: 1 },
  { what: "all of three experts for all, room for one", N: 4, E: 3, K: 3, C: 1 },
  { what: "more experts than tokens", N: 2, E: 7, K: 2, C: 1 },
])("$what: finite gradients, and nobody beyond the capacity", async ({ N, E, K, C }) => {
  const x = randomArray([N, D], 5);
  for (const { name, limited, grouped, ids, weights, unchanged } of await extremes(x, {
    E,
    K,
    C,
  })) {
    for (const [n, row] of unchanged.entries()) {
      const sum = sumOf(weights[n]!);
      for (const [d, value] of row.entries()) {
        expect(value, name).toBeCloseTo(sum * rowOf(x, n)[d]!, 4);
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

test("equal tokens all go to the same experts, and the first of them stay", async () => {
  const row = rowOf(randomArray([1, D], 8), 0);
  const x = array(Array.from({ length: 4 }, () => row));
  for (const { name, limited, grouped, ids } of await extremes(x, { E: 3, K: 1, C: 1 })) {
    if (name.startsWith("hash")) continue;
    const expected = ids[0]!;
    const stays = (n: number) => !limited || n === 0 || (grouped && n === 2);
    for (const [n, chosen] of ids.entries()) {
      expect(chosen, name).toEqual(stays(n) ? expected : expected.map(() => 3));
    }
  }
});

test("experts that nobody chooses change nothing and get no gradient", async () => {
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
        [`${name}, few`, through(scope, inputs.x!, form(logits))] as const,
        [`${name}, more`, through(scope, inputs.x!, form(concat([logits, far], 1)))] as const,
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

test("expert choice with room for all is the dense mixture", async () => {
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
