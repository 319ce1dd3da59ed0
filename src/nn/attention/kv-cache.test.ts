import { expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { batch } from "../../graph/shape.ts";
import { sub } from "../../ops/arithmetic.ts";
import { causalBias } from "../../ops/triangle.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import { normalArray, runScoped } from "../scope.fixture.ts";
import { selfAttention } from "./attention.ts";
import { decodeAttention, lengthBias, lengthMask, prefillAttention } from "./kv-cache.ts";

const [B, S, D, H, L] = [2, 4, 8, 2, 6];
const values: Record<string, NdArray> = {
  "attn.qkv.weight": normalArray("qkv", [3 * D, D]),
  "attn.proj.weight": normalArray("proj", [D, D]),
  "attn.proj.bias": normalArray("proj bias", [D]),
};
const options = { numHeads: H, qkvBias: false, scale: 1 / Math.sqrt(D) };
const x = normalArray("x", [B * S, D]);

/** The first `count` of `S` tokens `[B, H, S, d]` in a larger cache that contains other numbers. */
function cacheOf(source: NdArray, counts: readonly number[]): NdArray {
  const cache = normalArray("stale", [B, H, L, D / H], 7);
  const d = D / H;
  for (let row = 0; row < B * H; row++) {
    for (let at = 0; at < counts[Math.floor(row / H)]! * d; at++) {
      cache.data[row * L * d + at] = Number(source.data[row * S * d + at]);
    }
  }
  return cache;
}

test("one token over the cache equals causal attention over the whole sequence", async () => {
  const whole = await runScoped(
    (scope, { x: tokens }) => {
      const settings = { ...options, numTokens: S, bias: causalBias(scope.graph, S) };
      const { output, keys, values: v } = prefillAttention(scope.child("attn"), tokens!, settings);
      return { output, keys, v };
    },
    { inputs: { x }, values },
  );
  // The first sequence reads its last token, the second its second token.
  const positions = [3, 1];
  const rows = positions.map((position, b) => {
    const start = (b * S + position) * D;
    return toNumbers(x).slice(start, start + D);
  });
  const inputs = {
    token: array(rows),
    keys: cacheOf(whole.outputs.keys!, positions),
    stored: cacheOf(whole.outputs.v!, positions),
    positions: array(positions, "int64"),
  };
  const step = await runScoped(
    (scope, given) => {
      const past = { keys: given.keys!, values: given.stored! };
      const hidden = lengthBias(given.positions!, L);
      const settings = { ...options, hidden };
      const result = decodeAttention(scope.child("attn"), given.token!, past, settings);
      return { output: result.output, newKeys: result.keys };
    },
    {
      inputs,
      shapes: {
        token: [batch(), D],
        keys: [batch(), H, L, D / H],
        stored: [batch(), H, L, D / H],
        positions: [batch()],
      },
      values,
    },
  );
  const expected = toNumbers(whole.outputs.output!);
  const found = toNumbers(step.outputs.output!);
  const keys = toNumbers(whole.outputs.keys!);
  expect(step.outputs.newKeys!.shape).toEqual([B, H, 1, D / H]);
  for (const [b, position] of positions.entries()) {
    for (let i = 0; i < D; i++) {
      expect(found[b * D + i]).toBeCloseTo(expected[(b * S + position) * D + i]!, 5);
    }
    const own = ((b * H + 1) * S + position) * (D / H);
    const newKey = toNumbers(step.outputs.newKeys!)[(b * H + 1) * (D / H)];
    expect(newKey).toBeCloseTo(keys[own]!, 6);
  }
});

test("attention with a cache is bit-equal to attention without it", async () => {
  const { outputs } = await runScoped(
    (scope, { x: tokens }) => {
      const settings = { ...options, numTokens: S };
      return {
        plain: selfAttention(scope.child("attn"), tokens!, settings),
        remembered: prefillAttention(scope.child("attn").child(""), tokens!, settings).output,
      };
    },
    {
      inputs: { x },
      values: {
        ...values,
        "attn..qkv.weight": values["attn.qkv.weight"]!,
        "attn..proj.weight": values["attn.proj.weight"]!,
        "attn..proj.bias": values["attn.proj.bias"]!,
      },
    },
  );
  expect(outputs.remembered!.data).toEqual(outputs.plain!.data);
});

test("lengths as a mask and as a bias", async () => {
  const { outputs } = await runScoped(
    (_, { lengths }) => ({ mask: lengthMask(lengths!, 3), bias: lengthBias(lengths!, 3) }),
    { inputs: { lengths: array([2, 0], "int64") }, shapes: { lengths: [batch()] } },
  );
  expect([...(outputs.mask!.data as Uint8Array)]).toEqual([1, 1, 0, 0, 0, 0]);
  expect(outputs.bias!.shape).toEqual([2, 1, 1, 3]);
  const hidden = Math.fround(-1e30);
  expect(toNumbers(outputs.bias!).map((value) => value + 0)).toEqual([
    0,
    0,
    ...Array(4).fill(hidden),
  ]);
});

test("keys that do not exist yet are hidden, and those before the first", async () => {
  const bias = (n: Tensor) => lengthBias(n, 5, sub(n, 2));
  const [hidden] = await evaluate(bias, [array([1, 4], "int64")]);
  const seen = toNumbers(hidden!).map((x) => (x === 0 ? 1 : 0));
  expect(seen).toEqual([1, 0, 0, 0, 0, 0, 0, 1, 1, 0]);
});
