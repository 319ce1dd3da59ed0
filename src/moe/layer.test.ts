import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { constant } from "../graph/inputs.ts";
import { batch } from "../graph/shape.ts";
import { ones, zeros } from "../nn/initializers.ts";
import { linear } from "../nn/linear.ts";
import { normalArray, runScoped } from "../nn/scope.fixture.ts";
import type { Scope } from "../nn/scope.ts";
import { gelu } from "../ops/activation.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { cast, equal } from "../ops/compare.ts";
import { reduceSum } from "../ops/reduce.ts";
import { unsqueeze } from "../ops/reshape.ts";
import { moe } from "./layer.ts";
import { softmaxTopKRouter } from "./routers/softmax-top-k.ts";
import type { Routing } from "./routing.ts";

interface Sizes {
  readonly numTokens: number;
  readonly numExperts: number;
  readonly numSelectedExperts: number;
}

const D = 6;
const experts = { hiddenWidth: 10, innerNorm: true };

/** The layer by its definition: every expert processes every token, and unchosen experts have weight 0. */
function denseMixture(scope: Scope, x: Tensor, routing: Routing): Tensor {
  const results = Array.from({ length: routing.numExperts }, (_, e) => {
    const chosen = cast(equal(routing.ids, constant(x.graph, e, "int64")), "float32"); // [K, N]
    const weights = reduceSum(mul(chosen, routing.combineWeights), 0); // [N]
    return mul(denseExpert(scope.child("experts").child(e), x), unsqueeze(weights, -1)); // [N, D]
  });
  return results.reduce(add);
}

function denseExpert(scope: Scope, x: Tensor): Tensor {
  const norm = scope.child("norm");
  const [scale, shift] = [norm.parameter("weight", [D], ones), norm.parameter("bias", [D], zeros)];
  const hidden = linear(scope.child("fc1"), add(mul(x, scale), shift), experts.hiddenWidth);
  return linear(scope.child("fc2"), gelu(hidden), D);
}

/** Both forms with the same parameters in one graph; `bias` is added to the router's logits. */
function runBoth({ numTokens, numExperts, numSelectedExperts }: Sizes, bias?: NdArray) {
  const x = normalArray("x", [numTokens, D]);
  return runScoped(
    (scope, inputs) => {
      let routing: Routing | undefined;
      const sparse = moe(scope, inputs.x!, {
        router: (at, tokens) => {
          routing = softmaxTopKRouter(at, tokens, { numExperts, numSelectedExperts, bias: true });
          return routing;
        },
        experts,
      });
      return { sparse, dense: denseMixture(scope, inputs.x!, routing!) };
    },
    {
      inputs: { x },
      shapes: { x: [batch(), D] },
      values: {
        "router.weight": normalArray("router", [numExperts, D]),
        ...(bias && { "router.bias": bias }),
      },
      differentiate: ["sparse", "dense"],
    },
  );
}

function expectEqual(name: string, actual: NdArray, expected: NdArray): void {
  expect(actual.shape, name).toEqual(expected.shape);
  const reference = toNumbers(expected);
  const scale = Math.max(...reference.map(Math.abs), 1e-3);
  const found = toNumbers(actual);
  const error = Math.max(...found.map((value, i) => Math.abs(value - reference[i]!)));
  expect(error / scale, name).toBeLessThan(1e-5);
}

async function expectSameAsDense(sizes: Sizes, bias?: NdArray): Promise<number[]> {
  const { outputs, gradients } = await runBoth(sizes, bias);
  expectEqual("value", outputs.sparse!, outputs.dense!);
  const names = Object.keys(gradients.dense!);
  expect(names).toContain("x");
  expect(names).toContain("router.weight");
  expect(names).toContain(`experts.${sizes.numExperts - 1}.fc2.bias`);
  for (const name of names) {
    expectEqual(`gradient of ${name}`, gradients.sparse![name]!, gradients.dense![name]!);
  }
  const counts = toNumbers(outputs.counts!);
  const total = sizes.numTokens * sizes.numSelectedExperts;
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(total);
  const ids = toNumbers(outputs.ids!);
  expect(counts).toEqual(
    Array.from({ length: sizes.numExperts }, (_, e) => ids.filter((id) => id === e).length),
  );
  return counts;
}

describe("the dropless layer equals the dense weighted sum, in values and all gradients", () => {
  test.each([
    { numTokens: 9, numExperts: 4, numSelectedExperts: 1 },
    { numTokens: 9, numExperts: 4, numSelectedExperts: 2 },
    { numTokens: 7, numExperts: 3, numSelectedExperts: 3 },
    { numTokens: 1, numExperts: 5, numSelectedExperts: 2 },
    { numTokens: 64, numExperts: 8, numSelectedExperts: 2 },
    { numTokens: 4, numExperts: 1, numSelectedExperts: 1 },
  ])("$numTokens tokens, $numSelectedExperts of $numExperts experts", async (sizes) => {
    await expectSameAsDense(sizes);
  });

  test("with experts that receive no token", async () => {
    const sizes = { numTokens: 8, numExperts: 5, numSelectedExperts: 2 };
    const counts = await expectSameAsDense(sizes, array([-50, 20, -50, 20, -50]));
    expect(counts).toEqual([0, 8, 0, 8, 0]);
  });

  test("for random sizes", async () => {
    const sizes = fc
      .record({
        numTokens: fc.integer({ min: 1, max: 20 }),
        numExperts: fc.integer({ min: 1, max: 6 }),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      })
      .map(({ share, ...rest }) => ({
        ...rest,
        numSelectedExperts: 1 + Math.floor(share * (rest.numExperts - 1)),
      }));
    await fc.assert(
      fc.asyncProperty(sizes, async (given) => {
        await expectSameAsDense(given);
      }),
      { numRuns: 12 },
    );
  });
});

test("dropout draws one row per assignment, and none in evaluation", async () => {
  const run = (training: boolean) =>
    runScoped(
      (scope, { x }) => ({
        y: moe(scope, x!, {
          router: (at, tokens) =>
            softmaxTopKRouter(at, tokens, { numExperts: 3, numSelectedExperts: 2 }),
          experts: { ...experts, dropout: 0.5 },
        }),
      }),
      { inputs: { x: normalArray("x", [4, D]) }, training },
    );
  const { trace, outputs } = await run(true);
  const shapes = [...trace.randoms.values()].map(({ name, tensor }) => [name, tensor.shape]);
  expect(shapes).toEqual([
    ["experts.dropout", [8, 10]],
    ["dropout", [8, D]],
  ]);
  // All draws are zero here, which is below the rate, so every result is dropped.
  expect(new Set(toNumbers(outputs.y!).map(Math.abs))).toEqual(new Set([0]));
  expect((await run(false)).trace.randoms.size).toBe(0);
});

test("a layer without tokens is refused", async () => {
  const layer = (scope: Scope, { x }: Readonly<Record<string, Tensor>>) => ({
    y: moe(scope, x!, {
      router: (at, tokens) =>
        softmaxTopKRouter(at, tokens, { numExperts: 2, numSelectedExperts: 1 }),
      experts: { hiddenWidth: 4 },
    }),
  });
  const none = { dtype: "float32", shape: [0, 3], data: new Float32Array() } as const;
  await expect(runScoped(layer, { inputs: { x: none } })).rejects.toThrow(
    "moe: x must have at least one token, got [0, 3]",
  );
});
