/** Encoders of Hugging Face Transformers, made by `fixtures/make_encoders.py`. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { decodeSafetensors } from "../formats/safetensors.ts";
import { allocate, array, type NdArray, toNumbers } from "../graph/array.ts";
import { apply } from "../learn/native.ts";
import { createLimoe } from "../models/limoe/config.ts";
import { sfMoe } from "../models/sf-moe/sf-moe.ts";
import type { ModelSettings } from "../models/systems.ts";
import { encodeSentences } from "../models/text-classifier/text-classifier.ts";
import { families } from "./families/index.ts";
import { openCheckpoint } from "./open-checkpoint.ts";
import { openPretrained } from "./open-pretrained.ts";

const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));
const encoders = families.list().filter(({ kind }) => kind === "encoder");

test.each(encoders)("$name has a fixture", ({ name }) => {
  expect(existsSync(`${fixtures}${name}`)).toBe(true);
});

test.each(encoders)("$name continues no texts", async ({ name }) => {
  await expect(openPretrained(`${fixtures}${name}`)).rejects.toThrow(/does not continue texts/);
});

describe("bert", () => {
  const folder = `${fixtures}bert`;
  const { tensors } = decodeSafetensors(readFileSync(`${folder}/expected.safetensors`));

  test.each(["mean", "cls"] as const)("%s equals that of Transformers", async (pool) => {
    const { readWeights, inputs, settings } = await openCheckpoint(folder);
    const config = {
      ...(settings as ModelSettings<"text-classifier">),
      vocabularySize: inputs.vocabularySize!,
      pool,
    };
    const { output } = await apply(
      (scope, { ids, lengths }) => encodeSentences(scope, ids, lengths, config),
      await readWeights(),
      { ids: tensors.get("ids")!, lengths: tensors.get("lengths")! },
    );
    const expected = toNumbers(tensors.get(pool)!);
    const found = toNumbers(output);
    expect(found).toHaveLength(expected.length);
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i]!, 4);
  });

  test("the pooler and the head are left out", async () => {
    const { leftOut } = await openCheckpoint(folder);
    expect(leftOut.toSorted()).toEqual([
      ...["classifier.bias", "classifier.weight"],
      ...["pooler.dense.bias", "pooler.dense.weight"],
    ]);
  });
});

describe.each(["vit", "deit", "dinov2"])("%s", (name) => {
  const folder = `${fixtures}${name}`;
  const { tensors } = decodeSafetensors(readFileSync(`${folder}/expected.safetensors`));
  const images = tensors.get("images")!;
  const [count, numTokens, width] = tensors.get("tokens")!.shape as [number, number, number];
  const tokens = toNumbers(tensors.get("tokens")!);
  const classTokens = name === "deit" ? 2 : 1;

  /** The class token of an image, and the mean of its patches. */
  const expectedOf = (image: number): { readonly cls: number[]; readonly mean: number[] } => {
    const rows = Array.from({ length: numTokens }, (_, row) => {
      const start = (image * numTokens + row) * width;
      return tokens.slice(start, start + width);
    });
    const patches = rows.slice(classTokens);
    const mean = rows[0]!.map((_, d) => patches.reduce((sum, row) => sum + row[d]!, 0) / patches.length); // biome-ignore format: one mean
    return { cls: rows[0]!, mean };
  };

  test("features equal those of Transformers", async () => {
    const { settings, inputs, readWeights } = await openCheckpoint(folder);
    const pool = name === "deit" ? "cls" : "cls_mean";
    const numClasses = 3;
    const config = { ...(settings as ModelSettings<"sf-moe">), pool, numClasses } as const;
    const weights = new Map(await readWeights());
    for (const head of ["head", "head_dist"]) {
      const size = pool === "cls" ? width : 2 * width;
      weights.set(`${head}.weight`, allocate("float32", [numClasses, size]));
      weights.set(`${head}.bias`, allocate("float32", [numClasses]));
    }
    if (name !== "deit") for (const form of ["weight", "bias"]) weights.delete(`head_dist.${form}`);
    expect(inputs.imageShape).toEqual([3, 12, 12]);
    const { taps } = await apply((scope, given) => sfMoe(scope, given.images, config), weights, { images }, { taps: true }); // biome-ignore format: one call
    const found = toNumbers(taps.features!);
    const expected = Array.from({ length: count }, (_, image) => expectedOf(image)).flatMap(
      ({ cls, mean }) => (pool === "cls" ? cls : [...cls, ...mean]),
    );
    expect(found).toHaveLength(expected.length);
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i]!, 4);
  });
});

describe.each(["clip", "siglip", "open_clip"])("%s", (name) => {
  const folder = `${fixtures}${name}`;
  const { tensors } = decodeSafetensors(readFileSync(`${folder}/expected.safetensors`));

  test("embeddings of images and texts equal those of Transformers and open_clip", async () => {
    const { settings, inputs, readWeights } = await openCheckpoint(folder);
    const { vocabularySize, imageShape } = inputs as Required<typeof inputs>;
    const sizes = { vocabularySize, imageShape };
    const model = createLimoe(settings as ModelSettings<"limoe">, sizes);
    const weights = await readWeights();
    const images = await apply((scope, given) => model.encodeImages(scope, given.images), weights, {
      images: tensors.get("images")!,
    });
    expectClose(images.output, tensors.get("images_embeddings")!);
    const texts = await apply(
      (scope, { ids, lengths }) => model.encodeTexts(scope, ids, lengths),
      weights,
      { ids: tensors.get("ids")!, lengths: tensors.get("lengths")! },
    );
    expectClose(texts.output, tensors.get("text_embeddings")!);
  });
});

function expectClose(found: NdArray, expected: NdArray): void {
  expect(found.shape).toEqual(expected.shape);
  const distances = toNumbers(found).map((x, i) => Math.abs(x - toNumbers(expected)[i]!));
  expect(Math.max(...distances)).toBeLessThan(1e-5);
}

test("siglip fills texts up to the context length, whatever follows them", async () => {
  const folder = `${fixtures}siglip`;
  const { tensors } = decodeSafetensors(readFileSync(`${folder}/expected.safetensors`));
  const { settings, readWeights } = await openCheckpoint(folder);
  const sizes = { vocabularySize: 48, imageShape: [3, 12, 12] } as const;
  const model = createLimoe(settings as ModelSettings<"limoe">, sizes);
  const [, second, third] = [0, 1, 2].map((row) => toNumbers(tensors.get("ids")!).slice(8 * row, 8 * row + 4)); // biome-ignore format: one line
  const ids = array([second!, [...third!.slice(0, 2), 7, 9]], "int64"); // texts of 4 and 2 tokens
  const { output } = await apply(
    (scope, given) => model.encodeTexts(scope, given.ids, given.lengths),
    await readWeights(),
    { ids, lengths: array([4, 2], "int64") },
  );
  const expected = tensors.get("text_embeddings")!;
  const rows = { ...expected, shape: [2, 16], data: expected.data.slice(16) } as NdArray;
  expectClose(output, rows);
});

describe("pairs that the towers do not compute are refused", () => {
  const temporary = mkdtempSync(join(tmpdir(), "moesaic-pairs-"));
  afterAll(() => rmSync(temporary, { recursive: true }));

  test.each([
    [
      "clip",
      { vision_config: { intermediate_size: 48 } },
      "2 with quick_gelu for texts; the towers compute equal forms",
    ],
    [
      "clip",
      { model_type: "clip_vision_model" },
      "config.json has model_type clip_vision_model; known are",
    ],
    [
      "siglip",
      { vision_config: { vision_use_head: false } },
      "config.json has vision_use_head false",
    ],
    [
      "siglip",
      { text_config: { pad_token_id: null } },
      "config.json has no text_config.pad_token_id",
    ],
    [
      "open_clip",
      { model_cfg: { embed_dim: 12, vision_cfg: { timm_model_name: "vit" } } },
      "config.json, model_cfg.vision_cfg: has timm_model_name, which the towers of limoe do not compute",
    ],
    [
      "open_clip",
      { model_cfg: { embed_dim: 12, text_cfg: { no_causal_mask: true } } },
      "config.json, model_cfg.text_cfg.no_causal_mask",
    ],
  ])("%s with %o", async (name, changes, message) => {
    const folder = mkdtempSync(join(temporary, "pair-"));
    cpSync(`${fixtures}${name}`, folder, { recursive: true });
    const file = `${folder}/${name === "open_clip" ? "open_clip_config" : "config"}.json`;
    const config = JSON.parse(readFileSync(file, "utf8"));
    for (const [key, value] of Object.entries(changes)) {
      config[key] = typeof value === "object" ? { ...config[key], ...value } : value;
    }
    writeFileSync(file, JSON.stringify(config));
    await expect(openCheckpoint(folder)).rejects.toThrow(message);
  });
});
