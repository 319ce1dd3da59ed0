import { expect, test } from "vitest";
import { fromSnakeCase } from "../../config/case.ts";
import type { Batch } from "../../data/batches/batch.ts";
import { array, toNumbers } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { input } from "../../graph/inputs.ts";
import { attentionShares, attentionToKey } from "../../inspect/attention.ts";
import { type BatchSource, createEvaluator } from "../../learn/evaluator.ts";
import { diffMoeMatchingConfig, diffMoeSchema } from "../../models/diff-moe/config.ts";
import { readFixture } from "../../models/pytorch.fixture.ts";
import { createScope } from "../../nn/scope.ts";
import { nativeRuntime } from "../../runtime/native/native.ts";
import { captionObjective } from "../matching/task.ts";
import type { FullEvaluationOptions } from "../task.ts";
import { oneByOne, withAttention } from "./attention-record.ts";

/** Batches of rows of `arrays` with the given sizes. */
function sourceOf(arrays: Batch["arrays"], sizes: readonly number[]): BatchSource {
  let [at, start] = [0, 0];
  return {
    seek() {
      [at, start] = [0, 0];
    },
    async next() {
      const size = sizes[at];
      if (size === undefined) return undefined;
      const rows = Object.entries(arrays).map(([name, value]) => {
        const length = value.data.length / value.shape[0]!;
        const data = value.data.slice(start * length, (start + size) * length);
        return [name, { ...value, shape: [size, ...value.shape.slice(1)], data }];
      });
      const indices = Int32Array.from({ length: size }, (_, i) => start + i);
      [at, start] = [at + 1, start + size];
      return { step: at, epoch: 0, indices, arrays: Object.fromEntries(rows) } as Batch;
    },
  };
}

test("selected samples are recorded one by one, with their own rows; other batches are not read", async () => {
  const x = array([[1, 2], [3, 4], [5, 6], [7, 8]]); // biome-ignore format: a matrix
  const source = sourceOf({ x }, [2, 1, 1]);
  const chosen = oneByOne(source, [2, 1]);
  for (let pass = 0; pass < 2; pass++) {
    chosen.seek(0);
    const seen: unknown[] = [];
    for (let batch = await chosen.next(); batch !== undefined; batch = await chosen.next()) {
      seen.push([[...batch.indices], batch.arrays.x!.shape, toNumbers(batch.arrays.x!)]);
    }
    expect(seen).toEqual([
      [[1], [1, 2], [3, 4]],
      [[2], [1, 2], [5, 6]],
    ]);
  }
  expect((await source.next())!.indices[0]).toBe(3);
});

test("a model with captions records each image's own attention, and its own caption's words", async () => {
  const { arrays, weights } = readFixture("diff-moe-captions");
  const settings = fromSnakeCase(
    diffMoeSchema.parse({
      system: "diff-moe",
      text: "captions",
      patch_size: 4,
      width: 16,
      num_layers: 2,
      num_heads: 2,
      mlp_ratio: 2,
      num_shared_experts: 3,
      num_modality_specific_experts: 1,
      dropout: 0,
      text_embed_dim: 6,
      context_length: 9,
      contrastive: { temperature: 0.2, embed_dim: 5 },
    }),
  );
  const config = diffMoeMatchingConfig(settings, { numClasses: 5, vocabularySize: 13 });
  const data = Object.fromEntries(
    ["images", "labels", "tokens", "lengths"].map((name) => [name, arrays[name]!]),
  );
  const fields = Object.fromEntries(
    Object.entries(data).map(([name, { dtype, shape }]) => [
      name,
      { dtype, shape: shape.slice(1) },
    ]),
  );
  const create: FullEvaluationOptions["createEvaluator"] = (outputs, { batchSize = 3 } = {}) =>
    createEvaluator(captionObjective(settings, config), {
      runtime: nativeRuntime(),
      weights: (name) => weights[name]!,
      fields,
      batchSize,
      outputs,
    });

  const names = ["blocks.1.attn.weights", "blocks.1.fusion.attn.weights"];
  const whole = await create((name) => names.includes(name));
  const expected: Record<string, number[]> = {};
  await whole.run(sourceOf(data, [3]), (outputs) => {
    for (const name of names) expected[name] = toNumbers(outputs[name]!);
  });
  const taps: ReadonlyMap<string, Tensor> = whole.graph.trace.taps;
  whole.dispose();

  const image = { width: 1, height: 1, channels: 1, data: new Uint8Array(1) };
  const shown = [0, 1, 2].map((index) => ({ index, mosaic: { image, label: 0, layers: [] } }));
  const words = ({ arrays: { tokens, lengths } }: Batch) => {
    const keys = Array.from({ length: Number(lengths!.data[0]) }, (_, i) => i);
    return { words: [keys.map((at) => String(tokens!.data[at]))], keys };
  };
  const mosaics = await withAttention(
    shown,
    { taps, grid: { rows: 3, columns: 3 }, passes: 3, words },
    { loader: sourceOf(data, [2, 1]) as FullEvaluationOptions["loader"], createEvaluator: create },
  );

  const [patches, heads, most] = [9, 2, 7];
  for (const [i, { attention }] of mosaics.entries()) {
    expect(attention!.layers.map(({ layer }) => layer)).toEqual(["blocks.0.attn", "blocks.1.attn"]);
    const [, own] = attention!.layers;
    for (const [head, patch] of [
      [0, 0],
      [1, 7],
    ] as const) {
      // biome-ignore format: pairs
      const start = ((i * 3 * heads + head) * patches + patch) * patches; // first of three passes
      const row = expected[names[0]!]!.slice(start, start + patches);
      for (const [key, share] of attentionShares(own!, { head, patch }).entries()) {
        expect(share).toBeCloseTo(row[key]!, 2);
      }
    }
    const length = Number(data.lengths!.data[i]);
    const { text } = attention!;
    expect(text!.words).toEqual([
      toNumbers(data.tokens!)
        .slice(i * most, i * most + length)
        .map(String),
    ]);
    const [, cross] = text!.layers;
    expect(cross).toMatchObject({ layer: "blocks.1.fusion.attn", numHeads: 1, numKeys: length });
    const readers = attentionToKey(cross!, length - 1);
    for (const patch of [0, 8]) {
      const shares = [0, 1].map((head) => {
        const start = (((i * 3 + 1) * heads + head) * patches + patch) * most; // the second pass
        return expected[names[1]!]![start + length - 1]!;
      });
      expect(readers[patch]).toBeCloseTo((shares[0]! + shares[1]!) / 2, 2);
    }
  }
});

test("shares only cover patches if class tokens follow them", async () => {
  const weights = array([[[[[0.1, 0.3, 0.6], [0.4, 0.4, 0.2], [0, 0.5, 0.5]]]]]); // biome-ignore format: a matrix
  const { graph } = createScope({ training: false }).trace;
  const tap = input(graph, "weights", { dtype: "float32", shape: [1, 1, 1, 3, 3] });
  const image = { width: 1, height: 1, channels: 1, data: new Uint8Array(1) };
  const create: FullEvaluationOptions["createEvaluator"] = (outputs) =>
    Promise.resolve({
      run: (source: BatchSource, each: (outputs: object, batch: Batch) => void) =>
        source.next().then((batch) => each({ [name]: weights }, batch!)),
      dispose: () => expect(outputs(name)).toBe(true),
    } as never);
  const name = "blocks.0.attn.weights";
  const [shown] = await withAttention(
    [{ index: 0, mosaic: { image, label: 0, layers: [] } }],
    { taps: new Map([[name, tap]]), grid: { rows: 1, columns: 2 }, tokensPerImage: 3 },
    {
      loader: sourceOf({ images: array([0]) }, [1]) as FullEvaluationOptions["loader"],
      createEvaluator: create,
    },
  );
  const [layer] = shown!.attention!.layers;
  expect(layer).toMatchObject({ numQueries: 2, numKeys: 2 });
  expect(attentionShares(layer!, { patch: 0 })[1]).toBeCloseTo(0.75, 2);
  expect(attentionShares(layer!, { patch: 1 })[1]).toBeCloseTo(0.5, 2);
  const [own] = shown!.attention!.classToken!;
  expect(own).toMatchObject({ layer: "blocks.0.attn", numQueries: 1, numKeys: 2 });
  expect(attentionShares(own!)).toEqual([0, 1]);
});

test("models without attention have no record", async () => {
  const image = { width: 1, height: 1, channels: 1, data: new Uint8Array(1) };
  const mosaic = { image, label: 0, layers: [] };
  const never = () => Promise.reject(new Error("an evaluator was made"));
  const mosaics = await withAttention(
    [{ index: 0, mosaic }],
    { taps: new Map(), grid: { rows: 1, columns: 1 } },
    { loader: sourceOf({}, []) as FullEvaluationOptions["loader"], createEvaluator: never },
  );
  expect(mosaics).toEqual([mosaic]);
});
