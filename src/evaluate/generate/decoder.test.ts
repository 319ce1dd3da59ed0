import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nativeRuntime } from "../../runtime/native/native.ts";
import { firstWeights, type TinyDecoder, tinyDecoder, tinyModel } from "./decoder.fixture.ts";
import { createDecoder } from "./decoder.ts";

function expectClose(found: ArrayLike<number>, expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  for (const [i, value] of expected.entries())
    expect(Math.abs(found[i]! - value)).toBeLessThan(1e-5);
}

const first = [1, 4, 2, 0, 3, 3, 1, 2, 4, 0, 1, 1];
const second = [3, 0, 0, 4, 1, 2];

describe("a cache", () => {
  let tiny: TinyDecoder;
  beforeAll(async () => {
    tiny = await tinyDecoder({ experts: true });
  });
  afterAll(() => tiny.decoder.dispose());

  test("gives the logits of a full pass at every position", async () => {
    const expected = await tiny.full(first);
    const state = tiny.decoder.open(1);
    await state.prefill([first.slice(0, 2)]);
    expectClose(state.logits(0), expected[1]!);
    for (let at = 2; at < first.length; at++) {
      await state.step([first[at]]);
      expect(state.length(0)).toBe(at + 1);
      expectClose(state.logits(0), expected[at]!);
    }
    state.dispose();
  });

  test("supports sequences of different lengths, with some skipped", async () => {
    const [one, two] = [await tiny.full(first), await tiny.full(second)];
    const state = tiny.decoder.open(3);
    await state.prefill([first.slice(0, 9), second.slice(0, 1), undefined]);
    expectClose(state.logits(0), one[8]!);
    expectClose(state.logits(1), two[0]!);
    await state.step([first[9], second[1], undefined]);
    await state.step([undefined, second[2], undefined]);
    expectClose(state.logits(0), one[9]!);
    expectClose(state.logits(1), two[2]!);
    await state.prefill([undefined, undefined, second.slice(0, 4)]);
    await state.step([first[10], second[3], second[4]]);
    expectClose(state.logits(0), one[10]!);
    expectClose(state.logits(1), two[3]!);
    expectClose(state.logits(2), two[4]!);
    state.dispose();
  });

  test("follows reordered sequences", async () => {
    const [one, two] = [await tiny.full(first), await tiny.full(second)];
    const state = tiny.decoder.open(3);
    await state.prefill([first.slice(0, 4), second.slice(0, 2), first.slice(0, 1)]);
    state.reorder([1, 0, 1]);
    expect([0, 1, 2].map((r) => state.length(r))).toEqual([2, 4, 2]);
    expectClose(state.logits(1), one[3]!);
    await state.step([second[2], first[4], second[2]]);
    for (const r of [0, 2]) expectClose(state.logits(r), two[2]!);
    expectClose(state.logits(1), one[4]!);
    state.dispose();
  });

  test("reports the experts of the tokens read, the same as without it", async () => {
    const [prefilled, stepped] = [tiny.decoder.open(1), tiny.decoder.open(2)];
    await prefilled.prefill([first.slice(0, 5)]);
    await stepped.prefill([undefined, first.slice(0, 4)]);
    await stepped.step([undefined, first[4]]);
    const experts = prefilled.experts(0);
    expect(experts.length).toBe(5);
    for (const token of experts) {
      expect(token.map((layer) => new Set(layer).size)).toEqual([2, 2]);
      expect(token.flat().every((e) => e >= 0 && e < 4)).toBe(true);
    }
    expect(stepped.experts(1)).toEqual(experts.slice(4));
    for (const state of [prefilled, stepped]) state.dispose();
  });

  test("rejects invalid tokens and lengths", async () => {
    const state = tiny.decoder.open(1);
    await expect(state.prefill([[1, 5]])).rejects.toThrow("token 5 is outside the vocabulary of 5");
    await expect(state.prefill([[...first, 1]])).rejects.toThrow("1 to 12 tokens, got 13");
    await expect(state.step([1])).rejects.toThrow("sequence 0 holds 0 of 12 tokens");
    await state.prefill([first]);
    await expect(state.step([1])).rejects.toThrow("sequence 0 holds 12 of 12 tokens");
    state.dispose();
  });
});

test.each([
  ["Switch with capacity", { name: "switch" }, { name: "capacity", capacity_factor: 0.5 }],
  [
    "normalised weights under a capacity",
    { name: "softmax_top_k", normalization: "none" },
    { name: "capacity", capacity_factor: 8, normalization: "before" },
  ],
  ["a hash of words", { name: "hash", num_selected_experts: 2 }, { name: "dropless" }],
  ["top-p", { name: "top_p", probability: 0.6 }, { name: "dropless" }],
  ["loss-free balancing", { name: "loss_free_bias" }, { name: "dropless" }],
])("a cache does not change the results with %s", async (name, router, dispatch) => {
  const tiny = await tinyDecoder({ moe: { num_experts: 4, router, dispatch } });
  const [whole, cached] = [tiny.decoder.open(1), tiny.decoder.open(1)];
  await cached.prefill([second.slice(0, 2)]);
  for (let at = 2; at < second.length; at++) {
    await cached.step([second[at]]);
    await whole.prefill([second.slice(0, at + 1)]);
    expectClose(cached.logits(0), [...whole.logits(0)]);
  }
  // A binding capacity drops tokens of a training batch, but none during generation.
  if (name !== "Switch with capacity") {
    expectClose(cached.logits(0), (await tiny.full(second)).at(-1)!);
  }
  tiny.decoder.dispose();
});

test("all native handles are released", async () => {
  const runtime = nativeRuntime();
  const before = runtime.liveHandles();
  const { decoder } = await tinyDecoder();
  const state = decoder.open(2);
  await state.prefill([[1, 2], [3]]);
  await state.step([1, 2]);
  expect(runtime.liveHandles().sessions).toBeGreaterThan(before.sessions ?? 0);
  state.dispose();
  decoder.dispose();
  decoder.dispose();
  expect(runtime.liveHandles()).toEqual(before);
  expect(() => decoder.open(1)).toThrow("the decoder was disposed of");
});

test("weights must match the model", async () => {
  const model = tinyModel();
  const weights = firstWeights(model);
  const runtime = nativeRuntime();
  const other = tinyModel({ vocabularySize: 7 });
  await expect(createDecoder(other, { runtime, weights })).rejects.toThrow(
    "the weight token_embedding.weight has shape [5, 8], but the model's is [7, 8]",
  );
  weights.delete("head.bias");
  await expect(createDecoder(model, { runtime, weights })).rejects.toThrow(
    "the weights lack head.bias",
  );
});
