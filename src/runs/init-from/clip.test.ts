/** CLIP as initial weights of two towers, as Transformers and open_clip store it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { fromSnakeCase } from "../../config/case.ts";
import { decodeSafetensors } from "../../formats/safetensors.ts";
import { type NdArray, toNumbers } from "../../graph/array.ts";
import { init } from "../../learn/apply/apply.ts";
import { apply } from "../../learn/native.ts";
import { createLimoe } from "../../models/limoe/config.ts";
import { type ModelSettings, modelSchema } from "../../models/systems.ts";
import { initFromSchema } from "../../recipe/init-from/init-from-config.ts";
import { initializeFrom } from "./init-from.ts";
import { describeInit } from "./report.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../pretrained/fixtures/${name}`, import.meta.url));
const folder = fixture("clip");

/** The settings of the fixture in a recipe, and what initialising them says. */
async function startPair(
  changes: object = {},
  source: object = {},
  { side = 12, name = "clip" as "clip" | "open_clip" } = {},
) {
  const file = `${fixture(name)}/expected.safetensors`;
  const expected = decodeSafetensors(readFileSync(file)).tensors;
  const settings = fromSnakeCase(
    modelSchema.parse({
      ...{ system: "limoe", towers: "two", patch_size: 4, width: 16, num_layers: 2, num_heads: 4 },
      ...{ context_length: 10, embed_dim: 12, moe_layers: "none" },
      image_tower: { embedding_norm: true, class_token: true, pool: "cls" },
      text_tower: { width: 8, num_heads: 2, causal: true, pool: "last" },
      ...changes,
      moe: {
        experts: { mlp_ratio: 2, activation: name === "clip" ? "quick_gelu" : "gelu" },
        ...{ num_experts: 2, dispatch: { name: "dropless" }, losses: [] },
        router: { name: "softmax_top_k", num_selected_experts: 2 },
      },
    }),
  ) as ModelSettings<"limoe">;
  const model = createLimoe(settings, { vocabularySize: 48, imageShape: [3, side, side] });
  const images = expected.get(side === 12 ? "images" : "large")!;
  const given = { images, ids: expected.get("ids")!, lengths: expected.get("lengths")! };
  const tensors: ReadonlyMap<string, NdArray> = init((scope, { images, ids, lengths }) => {
    model.similarity(scope);
    const { images: rows, texts } = model.pairs(scope, images, ids, lengths);
    return { rows, texts };
  }, given);
  const from = fromSnakeCase(initFromSchema.parse({ path: fixture(name), ...source }));
  const reports = await initializeFrom(from, { settings, tensors }, 0);
  const lines = reports.flatMap(describeInit);
  const encoded = await apply((scope, { images }) => model.encodeImages(scope, images), tensors, { images }); // biome-ignore format: one call
  const texts = await apply(
    (scope, { ids, lengths }) => model.encodeTexts(scope, ids, lengths),
    tensors,
    given,
  );
  const distance = (found: NdArray, name: string): number => {
    const wanted = toNumbers(expected.get(name)!);
    return Math.max(...toNumbers(found).map((x, i) => Math.abs(x - wanted[i]!)));
  };
  return {
    lines,
    tensors,
    images: distance(encoded.output, side === 12 ? "images_embeddings" : "large_embeddings"),
    texts: distance(texts.output, "text_embeddings"),
  };
}

test("LIMoE starts as CLIP, with larger pictures, a shorter context and upcycled experts", async () => {
  const { lines, images, texts, tensors } = await startPair(
    { context_length: 8, moe_layers: "all" },
    { upcycle: true },
    { side: 20 },
  );
  expect(lines).toContain("image_pos_embed is resampled from 3x3 to 5x5 patches");
  expect(lines.join()).toMatch(/2 experts of text_tower.blocks.0.moe start as copies/);
  expect(images).toBeLessThan(1e-5);
  expect(texts).toBeLessThan(1e-5);
  expect(tensors.has("logit_scale")).toBe(true);
});

test("LIMoE starts as CLIP of open_clip, with smaller pictures", async () => {
  const sizes = { side: 8, name: "open_clip" } as const;
  const { lines, images, texts } = await startPair({ context_length: 8 }, {}, sizes);
  expect(lines).toContain("image_pos_embed is resampled from 3x3 to 2x2 patches");
  expect(images).toBeLessThan(1e-5);
  expect(texts).toBeLessThan(1e-5);
});

test("one tower of CLIP starts one tower of LIMoE", async () => {
  const parts = { image: { path: folder } };
  const { lines, texts, tensors } = await startPair({}, { path: undefined, parts });
  expect(lines.join()).toMatch(/no part of the model: .*text_embed.weight/);
  expect(texts).toBeGreaterThan(0.01);
  const whole = await startPair();
  for (const name of ["image_tower.norm.weight", "image_cls_token", "image_pos_embed"]) {
    expect(toNumbers(tensors.get(name)!)).toEqual(toNumbers(whole.tensors.get(name)!));
  }
});

test.each([
  [
    { image_tower: { embedding_norm: true, class_token: true, pool: "mean" } },
    "model.image_tower.pool is mean, but the checkpoint needs cls",
  ],
  [
    { text_tower: { width: 8, num_heads: 4, causal: true, pool: "last" } },
    "model.text_tower.num_heads is 4, but the checkpoint needs 2",
  ],
  [
    { text_tower: { width: 8, num_heads: 2, pool: "last" } },
    "model.text_tower.causal is false, but the checkpoint needs true",
  ],
  [
    { text_tower: { width: 8, num_heads: 2, causal: true, pool: "last", pad_id: 0 } },
    "model.text_tower.pad_id is 0, but the checkpoint needs none",
  ],
])("towers that compute something else are refused: %o", async (changes, message) => {
  await expect(startPair(changes)).rejects.toThrow(message);
});
