/** A live model with CLIP's vocabulary, which is exported with it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { decodeSafetensors } from "../../src/formats/safetensors.ts";
import { createLiveModel, readLiveModelSpec } from "../../src/live/index.ts";
import { writeLiveModel } from "../../src/runs/export-live-model.ts";
import { openEmbedder } from "../../src/runs/open-embedder.ts";
import { nativeRuntime } from "../../src/runtime/native/native.ts";
import { moesaic, temporaryFolder } from "../unit/moesaic.fixture.ts";
import { needs, root } from "./data.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

const recipe = `model:
  system: limoe
  patch_size: 8
  width: 8
  num_layers: 2
  num_heads: 2
  context_length: 16
  moe: { num_experts: 2, losses: [] }
data:
  name: shapes
  root: ${JSON.stringify(root)}
  image_size: 16
  train_size: 32
  validation_size: 8
  test_size: 8
  workers: 0
  tokenizer: { kind: clip }
  normalize: { mean: [0.5], std: [0.25] }
train: { batch_size: 8, max_steps: 2 }
`;

test("the exported files are sufficient for its texts", async (context) => {
  needs(context, "clip-bpe");
  const [path, run, out] = ["clip.yaml", "run", "out"].map((name) => join(folder.path, name));
  writeFileSync(path!, recipe);
  const { code, err } = await moesaic("train", path!, "--run", run!);
  expect(code, err).toBe(0);
  const files = await writeLiveModel(run!, out!);
  expect(files).toHaveLength(3);
  const [spec, weights, vocabulary] = files.map((file) => readFileSync(file));
  const model = await createLiveModel(
    readLiveModelSpec(JSON.parse(spec!.toString())),
    decodeSafetensors(weights!).tensors,
    { runtime: nativeRuntime(), vocabulary: vocabulary!.toString() },
  );
  using embedder = await openEmbedder(run!);
  const texts = ["A red circle!", "Größe: 3.5 &amp; more", ""];
  const expected = await embedder.embedTexts(texts);
  for (const [i, text] of texts.entries()) {
    const { embedding, routing } = await model.embedText!(text);
    const row = Array.from(expected.data).slice(8 * i, 8 * (i + 1));
    expect([...embedding]).toEqual(row.map((value) => expect.closeTo(value, 5)));
    expect(routing.tokens.at(0)).toBe("<|startoftext|>");
    expect(routing.tokens.at(-1)).toBe("<|endoftext|>");
  }
  model.dispose();
}, 60_000);
