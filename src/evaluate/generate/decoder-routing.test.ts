/** Routing of decoders compared with the taps of the whole model in one pass. */
import { expect, test } from "vitest";
import { allocate, array, type NdArray } from "../../graph/array.ts";
import { input } from "../../graph/inputs.ts";
import type { LanguageModel } from "../../models/language-model.ts";
import { tinySeeMoe } from "../../models/seemoe/seemoe.fixture.ts";
import { readRouting, tokenParts } from "../../moe/routing-taps.ts";
import { nativeRuntime } from "../../runtime/native/native.ts";
import { compileForward } from "../forward.ts";
import { firstWeights, tinyModel } from "./decoder.fixture.ts";
import { createDecoder } from "./decoder.ts";
import type { SequenceRouting, TokenChoice } from "./decoder-routing.ts";
import type { PrefixRows } from "./decoder-session.ts";
import { generate } from "./generate.ts";

const runtime = nativeRuntime();
const session = { threads: 1 };

/** Routing of the layers for one sequence, or for its prefix. */
async function tapped(
  model: LanguageModel,
  weights: ReadonlyMap<string, NdArray>,
  ids: readonly number[],
  prefix?: PrefixRows,
) {
  const forward = await compileForward(
    (scope) => {
      const { graph } = scope;
      const tokens = input(graph, "ids", { dtype: "int64", shape: [1, ids.length] });
      const images = prefix && input(graph, "prefix", { dtype: "float32", shape: prefix.shape });
      return { logits: model.logits(scope, tokens, undefined, images) };
    },
    { runtime, weights, session, taps: (name) => name.includes(".moe.") },
  );
  const outputs = await forward.run({
    ids: array([[...ids]], "int64"),
    ...(prefix && { prefix }),
  });
  forward.dispose();
  return (layer: string, token: number): TokenChoice => {
    const column = ({ shape, data }: NdArray): number[] =>
      Array.from({ length: shape[0]! }, (_, k) => Number(data[k * shape[1]! + token]));
    const { ids, combineWeights, probabilities } = readRouting(outputs, layer, ...tokenParts);
    const { shape, data } = probabilities;
    return {
      ids: column(ids),
      combineWeights: column(combineWeights),
      probabilities: data.slice(token * shape[1]!, (token + 1) * shape[1]!) as Float32Array,
    };
  };
}

function expectChoice(found: TokenChoice, expected: TokenChoice): void {
  const close = (values: Iterable<number>) => [...values].map((v) => expect.closeTo(v, 5));
  expect(found.ids).toEqual(expected.ids);
  expect(found.combineWeights).toEqual(close(expected.combineWeights));
  expect([...found.probabilities]).toEqual(close(expected.probabilities));
}

test("every token is routed as in one pass, in prefill and in steps, for each sequence", async () => {
  const model = tinyModel();
  const weights = firstWeights(model);
  using decoder = await createDecoder(model, { runtime, weights, session, routing: true });
  const sequences = [
    [1, 4, 2, 0, 3],
    [3, 0, 0, 4],
  ];
  using state = decoder.open(2);
  const read: SequenceRouting["tokens"][] = [[], []];
  const keep = (): void => {
    for (const r of [0, 1]) read[r] = [...read[r]!, ...state.routing(r).tokens];
  };
  await state.prefill(sequences.map((own) => own.slice(0, 3)));
  keep();
  await state.step(sequences.map((own) => own[3]));
  keep();
  for (const [r, own] of sequences.entries()) {
    const expected = await tapped(model, weights, own);
    expect(read[r]).toHaveLength(4);
    for (const [t, token] of read[r]!.entries()) {
      expect(token).toHaveLength(decoder.expertLayers.length);
      token.forEach((choice, l) => {
        expectChoice(choice, expected(decoder.expertLayers[l]!, t));
      });
    }
    expect(state.experts(r)).toEqual(read[r]!.slice(-1).map((t) => t.map((c) => c.ids)));
  }
  state.reorder([1, 0]);
  expect(state.routing(0).tokens).toEqual(read[1]!.slice(-1));
});

test.each(["cls", "patches"] as const)("prefix layers route their own tokens: %s", async (pool) => {
  const vision = { pool, moe_layers: "all", moe: { num_experts: 3 } };
  const model = tinySeeMoe({}, vision);
  const weights = firstWeights(model, 2);
  using decoder = await createDecoder(model, { runtime, weights, session, routing: true });
  expect(decoder.prefixLayers).toEqual(["vision.blocks.0.moe"]);
  expect(decoder.expertLayers).toEqual(["decoder.blocks.0.moe", "decoder.blocks.1.moe"]);
  const images = allocate("float32", [2, 3, 8, 8]);
  images.data.set(Array.from(images.data, (_, i) => Math.sin(i)));
  using state = decoder.open(2, images);
  await state.prefill([[1, 2], [3]]);
  const size = images.data.length / 2;
  for (const [r, ids] of [[1, 2], [3]].entries()) {
    const data = images.data.slice(r * size, (r + 1) * size);
    const own: PrefixRows = { dtype: "float32", shape: [1, 3, 8, 8], data };
    const expected = await tapped(model, weights, ids, own);
    const { tokens, prefix } = state.routing(r);
    expect(prefix).toHaveLength(pool === "cls" ? 5 : 4);
    expect(tokens).toHaveLength((pool === "cls" ? 1 : 4) + ids.length);
    for (const [t, [choice]] of prefix.entries()) {
      expectChoice(choice!, expected("vision.blocks.0.moe", t));
    }
    for (const [t, token] of tokens.entries()) {
      token.forEach((choice, l) => {
        expectChoice(choice, expected(decoder.expertLayers[l]!, t));
      });
    }
  }
});

test("generation reports routing once, and only if requested", async () => {
  const model = tinySeeMoe({}, { pool: "patches", moe_layers: "all" });
  const weights = firstWeights(model, 2);
  const prefix = allocate("float32", [1, 3, 8, 8]);
  for (const routing of [true, false]) {
    using decoder = await createDecoder(model, { runtime, weights, session, routing });
    const steps = generate(decoder, [[1]], { maxNewTokens: 3, temperature: 0, prefix });
    const counts: number[][] = [];
    for await (const step of steps) {
      const { tokens, prefix: seen } = step.routing[0]!;
      counts.push([tokens.length, seen.length]);
    }
    expect(counts).toEqual(
      routing
        ? [
            [5, 4],
            [1, 0],
            [1, 0],
          ]
        : [
            [0, 0],
            [0, 0],
            [0, 0],
          ],
    );
  }
});

test("no patch is dropped, for any batch", async () => {
  const dispatch = { name: "capacity", capacity_factor: 0.5 };
  const moe = { num_experts: 2, router: { name: "switch" }, dispatch };
  const model = tinySeeMoe({}, { pool: "patches", moe_layers: "all", moe });
  const weights = firstWeights(model, 2);
  using decoder = await createDecoder(model, { runtime, weights, session, routing: true });
  const images = allocate("float32", [3, 3, 8, 8]);
  images.data.set(Array.from(images.data, (_, i) => Math.sin(i)));
  using together = decoder.open(3, images);
  await together.prefill([[1], [1], [1]]);
  const size = images.data.length / 3;
  for (const r of [0, 1, 2]) {
    const data = images.data.slice(r * size, (r + 1) * size);
    using alone = decoder.open(1, { dtype: "float32", shape: [1, 3, 8, 8], data });
    await alone.prefill([[1]]);
    expect(
      alone
        .routing(0)
        .prefix.flat()
        .every(({ ids }) => ids[0]! < 2),
    ).toBe(true);
    expect([...together.logits(r)]).toEqual([...alone.logits(0)].map((v) => expect.closeTo(v, 5)));
  }
});
