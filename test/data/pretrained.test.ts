/** Published weights: all-MiniLM-L6-v2, and a ViT-S/14 within an ONNX file. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { expect, test } from "vitest";
import { openPacs } from "../../src/data/images/index.ts";
import { createHubTokenizer } from "../../src/data/tokenizers/hub.ts";
import { hubTokenizerState } from "../../src/data/tokenizers/hub-file.ts";
import { decodeSafetensors } from "../../src/formats/safetensors.ts";
import { allocate, array, type NdArray, toNumbers } from "../../src/graph/array.ts";
import { init } from "../../src/learn/apply/apply.ts";
import { apply } from "../../src/learn/native.ts";
import { sfMoe } from "../../src/models/sf-moe/sf-moe.ts";
import type { ModelSettings } from "../../src/models/systems.ts";
import { encodeSentences } from "../../src/models/text-classifier/text-classifier.ts";
import { openCheckpoint } from "../../src/pretrained/open-checkpoint.ts";
import { initFromSchema } from "../../src/recipe/init-from/init-from-config.ts";
import { initializeFrom } from "../../src/runs/init-from/init-from.ts";
import { nativeRuntime } from "../../src/runtime/native/native.ts";
import { needs, needsWeights, root, weights } from "./data.fixture.ts";

test("all-MiniLM-L6-v2 embeds 100 sentences as Transformers does", async (context) => {
  needs(context, "sst2");
  needsWeights(context, "minilm");
  const folder = join(weights, "minilm");
  const file = new URL("fixtures/minilm.safetensors", import.meta.url);
  const expected = decodeSafetensors(readFileSync(file)).tensors;
  const lines = readFileSync(join(root, "sst2/dev.tsv"), "utf8").split("\n").slice(0, 100);
  const tokenizer = createHubTokenizer(await hubTokenizerState(folder, { root: "." }));
  const rows = lines.map((line) => tokenizer.encode(line.split("\t")[0]!));
  expect(rows.map(({ length }) => length)).toEqual(toNumbers(expected.get("lengths")!));
  const longest = Math.max(...rows.map(({ length }) => length));
  const padded = rows.map((row) => [...row, ...Array<number>(longest - row.length).fill(0)]);
  const { settings, readWeights } = await openCheckpoint(folder);
  const config = { ...(settings as ModelSettings<"text-classifier">), vocabularySize: 30_522 };
  const { output } = await apply(
    (scope, { ids, lengths }) => encodeSentences(scope, ids, lengths, config),
    await readWeights(),
    { ids: array(padded, "int64"), lengths: array(rows.map((row) => row.length), "int64") }, // biome-ignore format: short
  );
  const found = toNumbers(output).filter((_, i) => i % 16 === 0);
  const embeddings = toNumbers(expected.get("embeddings")!);
  expect(found).toHaveLength(embeddings.length);
  const distance = Math.max(...found.map((x, i) => Math.abs(x - embeddings[i]!)));
  expect(distance).toBeLessThan(1e-4);
}, 120_000);

/** Normalised pictures of PACS, `[B, 3, 224, 224]`: each pixel repeated. */
async function pictures(indices: readonly number[]): Promise<NdArray<"float32">> {
  const set = await openPacs({
    name: "pacs",
    split: "test",
    testDomains: ["photo"],
    root,
  } as never);
  const side = 224;
  const images = allocate("float32", [indices.length, 3, side, side]);
  const [mean, std] = [
    [0.485, 0.456, 0.406],
    [0.229, 0.224, 0.225],
  ];
  for (const [b, index] of indices.entries()) {
    const { image } = set.get(index) as unknown as { image: Uint8Array };
    const { height, width } = set.imageShape;
    for (let i = 0; i < 3 * side * side; i++) {
      const [c, y, x] = [Math.floor(i / side ** 2), Math.floor(i / side) % side, i % side];
      const row = Math.floor((y * height) / side);
      const byte = image[(row * width + Math.floor((x * width) / side)) * 3 + c!]!;
      images.data[b * 3 * side * side + i] = (byte / 255 - mean[c!]!) / std[c!]!;
    }
  }
  return images;
}

/** The tokens after the last norm that the ONNX file itself computes. */
async function ownTokens(path: string, images: NdArray): Promise<NdArray> {
  const model = fromBinary(ModelProtoSchema, new Uint8Array(readFileSync(path)));
  const name = "/backbone/layernorm/Add_1_output_0";
  const [output] = model.graph!.output;
  model.graph!.output = [{ ...output!, name, type: undefined } as never];
  using session = await nativeRuntime().createSession(toBinary(ModelProtoSchema, model));
  const given = model.graph!.input[0]!.name;
  return (await session.run({ [given]: images }))[name]!;
}

test("a ViT-S/14 has the features that its ONNX file computes", async (context) => {
  needs(context, "pacs");
  needsWeights(context, "vit-s14");
  const path = join(weights, "vit-s14/vit_s_focus.onnx");
  const images = await pictures([0, 500, 1000]);
  const tokens = await ownTokens(path, images); // [B, 257, 384], the class token first
  const { settings, leftOut } = await openCheckpoint(path);
  expect(leftOut.length).toBeGreaterThan(0); // the saliency head
  const config = { ...(settings as ModelSettings<"sf-moe">), pool: "cls_mean" as const, numClasses: 2 }; // biome-ignore format: short
  const tensors = init((scope, given) => sfMoe(scope, given.images, config), { images });
  await initializeFrom(initFromSchema.parse({ path }) as never, { settings, tensors }, 0);
  const { taps } = await apply((scope, given) => sfMoe(scope, given.images, config), tensors, { images }, { taps: true }); // biome-ignore format: one call
  const found = toNumbers(taps.features!);
  const all = toNumbers(tokens);
  const expected = [0, 1, 2].flatMap((b) => {
    const at = (t: number, d: number): number => all[(b * 257 + t) * 384 + d]!;
    const width = Array.from({ length: 384 }, (_, d) => d);
    const patches = Array.from({ length: 256 }, (_, t) => t + 1);
    const mean = width.map((d) => patches.reduce((sum, t) => sum + at(t, d), 0) / 256);
    return [...width.map((d) => at(0, d)), ...mean];
  });
  expect(found).toHaveLength(expected.length);
  const distance = Math.max(...found.map((x, i) => Math.abs(x - expected[i]!)));
  expect(distance).toBeLessThan(1e-3);
}, 120_000);
