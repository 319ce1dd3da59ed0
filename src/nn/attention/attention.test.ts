import { expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import { batch } from "../../graph/shape.ts";
import { tile } from "../../ops/tile.ts";
import { zeros } from "../initializers.ts";
import { normalArray, runScoped } from "../scope.fixture.ts";
import { createScope } from "../scope.ts";
import { crossAttention, selfAttention } from "./attention.ts";

const [B, S, D, H] = [3, 5, 8, 2];
const parameters: Record<string, NdArray> = {
  "attn.qkv.weight": normalArray("qkv", [3 * D, D]),
  "attn.qkv.bias": normalArray("qkv bias", [3 * D]),
  "attn.proj.weight": normalArray("proj", [D, D]),
  "attn.proj.bias": normalArray("proj bias", [D]),
};

/** One query at a time, in float64: softmax(q k / sqrt(D/H)) v. */
function reference(x: readonly number[], bias: (query: number, key: number) => number): number[] {
  const width = D / H;
  const affine = (name: string, row: readonly number[]): number[] => {
    const [weight, offset] = ["weight", "bias"].map((part) =>
      toNumbers(parameters[`attn.${name}.${part}`]!),
    ) as [number[], number[]];
    return offset.map((b, o) => row.reduce((sum, value, i) => sum + value * weight[o * D + i]!, b));
  };
  const rows = Array.from({ length: x.length / D }, (_, n) => x.slice(n * D, (n + 1) * D));
  const projected = rows.map((row) => affine("qkv", row));
  return projected.flatMap((own, n) => {
    const first = n - (n % S);
    const mixed: number[] = [];
    for (let h = 0; h < H; h++) {
      const part = (row: readonly number[], which: number): readonly number[] =>
        row.slice(which * D + h * width, which * D + (h + 1) * width);
      const others = projected.slice(first, first + S);
      const scores = others.map((other, at) => {
        const dot = part(own, 0).reduce((sum, q, i) => sum + q * part(other, 1)[i]!, 0);
        return dot / Math.sqrt(width) + bias(n % S, at);
      });
      const highest = Math.max(...scores);
      const exps = scores.map((score) => Math.exp(score - highest));
      const total = exps.reduce((sum, value) => sum + value, 0);
      for (let i = 0; i < width; i++) {
        mixed.push(
          others.reduce((sum, other, at) => sum + (exps[at]! / total) * part(other, 2)[i]!, 0),
        );
      }
    }
    return affine("proj", mixed);
  });
}

function expectClose(actual: NdArray, expected: readonly number[]): void {
  const values = toNumbers(actual);
  expect(values.length).toBe(expected.length);
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i]!, 4);
}

test("self-attention matches its formula, for any number of sequences", async () => {
  const x = normalArray("x", [B * S, D]);
  const { outputs } = await runScoped(
    (scope, { x: tokens }) => ({
      y: selfAttention(scope.child("attn"), tokens!, { numTokens: S, numHeads: H }),
    }),
    { inputs: { x }, shapes: { x: [batch(S), D] }, values: parameters },
  );
  expectClose(
    outputs.y!,
    reference(toNumbers(x), () => 0),
  );
  const weights = outputs["attn.weights"]!;
  expect(weights.shape).toEqual([1, B, H, S, S]);
  const rows = toNumbers(weights);
  for (let at = 0; at < rows.length; at += S) {
    expect(rows.slice(at, at + S).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  }
});

test("a bias of minus infinity masks a key", async () => {
  const x = normalArray("x", [B * S, D]);
  const hidden = (query: number, at: number): number => (at > query ? Number.NEGATIVE_INFINITY : 0);
  const mask = array(
    Array.from({ length: S }, (_, q) => Array.from({ length: S }, (_, k) => hidden(q, k))),
  );
  const { outputs } = await runScoped(
    (scope, { x: tokens, mask: bias }) => ({
      y: selfAttention(scope.child("attn"), tokens!, { numTokens: S, numHeads: H, bias: bias! }),
    }),
    { inputs: { x, mask }, values: parameters },
  );
  expectClose(outputs.y!, reference(toNumbers(x), hidden));
});

/** The parameters of self-attention as parameters of cross-attention. */
const crossParameters: Record<string, NdArray> = Object.fromEntries(
  ["weight", "bias"].flatMap((part) => {
    const { data, shape } = parameters[`attn.qkv.${part}`]!;
    const rest = shape.slice(1);
    const cut = data.length / 3;
    const rows = (from: number, to: number): NdArray =>
      ({
        dtype: "float32",
        shape: [(to - from) * D, ...rest],
        data: data.slice(from * cut, to * cut),
      }) as NdArray;
    return [
      [`attn.q.${part}`, rows(0, 1)],
      [`attn.kv.${part}`, rows(1, 3)],
      [`attn.proj.${part}`, parameters[`attn.proj.${part}`]!],
    ];
  }),
);

test("cross-attention of a sequence to itself equals self-attention", async () => {
  const x = normalArray("x", [B * S, D]);
  const { outputs } = await runScoped(
    (scope, { x: tokens }) => ({
      y: crossAttention(scope.child("attn"), tokens!, tokens!, {
        numTokens: S,
        numKeys: S,
        numHeads: H,
      }),
    }),
    { inputs: { x }, shapes: { x: [batch(S), D] }, values: crossParameters },
  );
  expectClose(
    outputs.y!,
    reference(toNumbers(x), () => 0),
  );
});

test("one context for all sequences equals a copy for each, also in gradients", async () => {
  const T = 4;
  const inputs = { x: normalArray("x", [B * S, D]), context: normalArray("context", [T, D]) };
  const run = (copies: number) =>
    runScoped(
      (scope, { x, context }) => ({
        y: crossAttention(scope.child("attn"), x!, tile(context!, [copies, 1]), {
          numTokens: S,
          numKeys: T,
          numHeads: H,
        }),
      }),
      { inputs, values: crossParameters, differentiate: ["y"] },
    );
  const [shared, copied] = [await run(1), await run(B)];
  expectClose(shared.outputs.y!, toNumbers(copied.outputs.y!));
  expect(shared.outputs["attn.weights"]!.shape).toEqual([1, B, H, S, T]);
  for (const [name, gradient] of Object.entries(shared.gradients.y!)) {
    expectClose(gradient, toNumbers(copied.gradients.y![name]!));
  }
});

test("the number of heads must divide the width", () => {
  const { scope } = createScope({ training: false });
  const x = scope.parameter("x", [S, D], zeros);
  expect(() => selfAttention(scope, x, { numTokens: S, numHeads: 3 })).toThrow(
    "width 8 cannot be divided among 3 heads",
  );
});
