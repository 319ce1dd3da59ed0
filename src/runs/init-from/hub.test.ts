/** Folders as on the Hugging Face hub as initial weights. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { fromSnakeCase } from "../../config/case.ts";
import { decodeSafetensors } from "../../formats/safetensors.ts";
import { type NdArray, toNumbers } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { init } from "../../learn/apply/apply.ts";
import { apply } from "../../learn/native.ts";
import { createLimoe } from "../../models/limoe/config.ts";
import { sfMoe } from "../../models/sf-moe/sf-moe.ts";
import { createLanguageModel, type ModelSettings, modelSchema } from "../../models/systems.ts";
import { encodeSentences, textClassifier } from "../../models/text-classifier/text-classifier.ts";
import type { Scope } from "../../nn/scope.ts";
import { openPretrained } from "../../pretrained/open-pretrained.ts";
import { initFromSchema } from "../../recipe/init-from/init-from-config.ts";
import { initializeFrom } from "./init-from.ts";
import { describeInit } from "./report.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../pretrained/fixtures/${name}`, import.meta.url));
const expectedOf = (name: string) =>
  decodeSafetensors(readFileSync(`${fixture(name)}/expected.safetensors`)).tensors;

/** The settings of the fixture `bert` in a recipe, with a shorter context. */
const bert = (changes: object = {}) => {
  const settings = {
    ...{ system: "text-classifier", width: 16, num_layers: 2, num_heads: 4, context_length: 9 },
    ...{ norm: "post", embedding_norm: true, norm_epsilon: 1e-12, moe_layers: "none" },
    moe: { experts: { hidden_width: 24 }, num_experts: 2 },
    ...changes,
  };
  const model = fromSnakeCase(modelSchema.parse(settings)) as never;
  return { ...(model as object), vocabularySize: 48, numClasses: 2 } as never;
};

const inputs = () => {
  const tensors = expectedOf("bert");
  return { ids: tensors.get("ids")!, lengths: tensors.get("lengths")! };
};

/** Random weights of a text classifier, and what initialising them from `bert` says. */
async function start(config: never, options: object = {}) {
  const tensors: ReadonlyMap<string, NdArray> = init(
    (scope, { ids, lengths }) => textClassifier(scope, ids, lengths, config),
    inputs(),
  );
  const source = fromSnakeCase(initFromSchema.parse({ path: fixture("bert"), ...options }));
  const reports = await initializeFrom(source, { settings: config, tensors }, 0);
  return { tensors, lines: reports.flatMap(describeInit) };
}

async function distance(config: never, tensors: ReadonlyMap<string, NdArray>): Promise<number> {
  const { output } = await apply(
    (scope, { ids, lengths }) => encodeSentences(scope, ids, lengths, config),
    tensors,
    inputs(),
  );
  const expected = toNumbers(expectedOf("bert").get("mean")!);
  return Math.max(...toNumbers(output).map((x, i) => Math.abs(x - expected[i]!)));
}

test("a text classifier starts as BERT, with a shorter context and a fresh head", async () => {
  const { tensors, lines } = await start(bert());
  expect(await distance(bert(), tensors)).toBeLessThan(1e-4);
  expect(lines).toContain("freshly initialised, as an encoder has no head: head.weight, head.bias");
  expect(lines.join()).toMatch(/no part of the model: .*pooler.dense.weight/);
});

test("upcycled experts whose weights sum to 1 compute what BERT computes", async () => {
  const config = bert({ moe_layers: "all" });
  const { tensors, lines } = await start(config, { upcycle: true });
  expect(tensors.has("blocks.1.moe.experts.1.fc1.weight")).toBe(true);
  expect(await distance(config, tensors)).toBeLessThan(1e-4);
  expect(lines.join()).toMatch(/2 experts of blocks.0.moe start as copies of blocks.0.mlp/);
});

test.each([
  [{ num_heads: 2 }, "model.num_heads is 2, but the checkpoint needs 4"],
  [{ norm_epsilon: 1e-5 }, "model.norm_epsilon is 0.00001, but the checkpoint needs 1e-12"],
  [
    { moe: { experts: { hidden_width: 24, activation: "relu" } } },
    "model.moe.experts.activation is relu, but the checkpoint needs gelu",
  ],
])("settings that compute something else are refused: %o", async (changes, message) => {
  await expect(start(bert(changes))).rejects.toThrow(message);
  const { lines } = await start(bert(changes), { strict: false });
  expect(lines).toContain(message);
});

test("a part that the model does not have is refused", async () => {
  const parts = { audio: { path: fixture("bert") } };
  await expect(start(bert(), { path: undefined, parts })).rejects.toThrow(
    "init_from.parts.audio: the model has no part audio; its parts are none; use init_from.path",
  );
});

test("a decoder starts as Mixtral", async () => {
  const folder = fixture("mixtral");
  const { model, settings, config } = await openPretrained(folder);
  const ids = expectedOf("mixtral").get("ids")!;
  const language = createLanguageModel(settings, { vocabularySize: config.vocab_size });
  const tensors = init((scope, given) => language.logits(scope, given.ids), { ids });
  const source = fromSnakeCase(initFromSchema.parse({ path: folder }));
  await initializeFrom(source, { settings, tensors }, 0);
  const { output } = await apply((scope, given) => model.logits(scope, given.ids), tensors, {
    ids,
  });
  const expected = toNumbers(expectedOf("mixtral").get("logits")!);
  expect(Math.max(...toNumbers(output).map((x, i) => Math.abs(x - expected[i]!)))).toBeLessThan(1e-4); // biome-ignore format: one check
});

test("DINOv2 resamples its positions to a larger picture as Transformers does", async () => {
  const tensors = expectedOf("dinov2");
  const images = tensors.get("large")!;
  const settings = fromSnakeCase(
    modelSchema.parse({
      ...{ system: "sf-moe", patch_size: 4, width: 16, num_layers: 2, num_heads: 4, blocks: "FF" },
      moe: { experts: { mlp_ratio: 2 } },
    }),
  ) as ModelSettings<"sf-moe">;
  const config = { ...settings, numClasses: 3 };
  const weights = init((scope, given) => sfMoe(scope, given.images, config), { images });
  const source = fromSnakeCase(initFromSchema.parse({ path: fixture("dinov2") }));
  const reports = await initializeFrom(source, { settings, tensors: weights }, 0);
  expect(reports.flatMap(describeInit).join()).toMatch(/pos_embed is resampled from 3x3 to 5x5/);
  const { taps } = await apply((scope, given) => sfMoe(scope, given.images, config), weights, { images }, { taps: true }); // biome-ignore format: one call
  const all = toNumbers(tensors.get("large_tokens")!); // [2, 26, 16], the class token first
  const expected = [...all.slice(0, 16), ...all.slice(26 * 16, 27 * 16)];
  for (const [i, value] of toNumbers(taps.features!).entries()) {
    expect(value).toBeCloseTo(expected[i]!, 4);
  }
});

test("the towers of LIMoE start as DINOv2 and BERT", async () => {
  const settings = fromSnakeCase(
    modelSchema.parse({
      ...{ system: "limoe", towers: "two", patch_size: 4, width: 16, num_layers: 2, num_heads: 4 },
      ...{ context_length: 9, moe_layers: "none", embed_dim: 16 },
      image_tower: { class_token: true, pool: "cls", norm_epsilon: 1e-6 },
      text_tower: { norm: "post", embedding_norm: true, norm_epsilon: 1e-12 },
      moe: { experts: { hidden_width: 24 }, losses: [] },
    }),
  ) as ModelSettings<"limoe">;
  const vit = expectedOf("vit");
  const inputsOf = { images: vit.get("images")!, ...inputs() };
  const task = { vocabularySize: 48, imageShape: [3, 12, 12] } as const;
  const model = createLimoe(settings, task);
  const both = (scope: Scope, given: Record<"images" | "ids" | "lengths", Tensor>) => ({
    images: model.encodeImages(scope, given.images),
    texts: model.encodeTexts(scope, given.ids, given.lengths),
  });
  const tensors = init(both, inputsOf);
  for (const head of ["image_head.weight", "text_head.weight"]) {
    tensors.get(head)!.data.set(Array.from({ length: 256 }, (_, i) => Number(i % 17 === 0)));
  }
  const parts = { image: { path: fixture("vit") }, text: { path: fixture("bert") } };
  const wrong = fromSnakeCase(initFromSchema.parse({ parts }));
  await expect(initializeFrom(wrong, { settings, tensors }, 0)).rejects.toThrow(
    "init_from.parts.image.path", // ViT's epsilon is 1e-12 here
  );
  const image = { ...settings.imageTower!, normEpsilon: 1e-12 };
  const exact = { ...settings, imageTower: image };
  const reports = await initializeFrom(wrong, { settings: exact, tensors }, 0);
  expect(reports.map(({ missing, unused }) => [missing, unused])).toEqual([[[], []], [[], []]]); // biome-ignore format: short
  expect(reports[0]!.filled).toContain("image_cls_token");
  expect(reports[1]!.filled).toContain("text_tower.embedding_norm.weight");
  const exactModel = createLimoe(exact, task);
  const { output } = await apply(
    (scope, given) => ({
      images: exactModel.encodeImages(scope, given.images),
      texts: exactModel.encodeTexts(scope, given.ids, given.lengths),
    }),
    tensors,
    inputsOf,
  );
  const tokens = toNumbers(vit.get("tokens")!); // [2, 10, 16], the class token first
  const classTokens = [tokens.slice(0, 16), tokens.slice(160, 176)];
  const means = toNumbers(expectedOf("bert").get("mean")!);
  const sentences = [0, 1, 2].map((i) => means.slice(16 * i, 16 * i + 16));
  const unit = (row: number[]) => row.map((x) => x / Math.hypot(...row));
  const near = (found: number[], expected: number[]) =>
    Math.max(...found.map((x, i) => Math.abs(x - expected[i]!)));
  expect(near(toNumbers(output.images), classTokens.flatMap(unit))).toBeLessThan(1e-4);
  expect(near(toNumbers(output.texts), sentences.flatMap(unit))).toBeLessThan(1e-4);
});
