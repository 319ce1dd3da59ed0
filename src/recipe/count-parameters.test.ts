import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fromSnakeCase } from "../config/case.ts";
import { listRecipes } from "../config/recipes.ts";
import { setUpTraining } from "../train/setup.ts";
import { type TrainConfig, trainConfigSchema } from "./config.ts";
import {
  type CountedModel,
  countModelParameters,
  countParametersOf,
  traceModel,
} from "./count-parameters.ts";
import { loadTrainConfig } from "./load-train-config.ts";
import { parameterPart } from "./parameter-parts.ts";

const shapes = {
  name: "shapes",
  train_size: 16,
  validation_size: 16,
  tokenizer: { kind: "word" },
  normalize: { mean: [0.5], std: [0.5] },
  workers: 0,
};
const sizes = { patch_size: 8, width: 16, num_layers: 2, num_heads: 2 };

function configOf(model: object, data: object = shapes): TrainConfig {
  const train = { max_steps: 1, batch_size: 4 };
  return fromSnakeCase(trainConfigSchema.parse({ recipe: "test", model, data, train }));
}

const sumOf = (counted: CountedModel, kind: string): number =>
  counted.parts.reduce((sum, { byToken }) => sum + byToken[kind]!, 0);

test.each([
  ["LIMoE of two towers", { system: "limoe", towers: "two", ...sizes }],
  ["Diff-MoE with prompts", { system: "diff-moe", ...sizes, text: "prompts", context_length: 40 }],
])("%s has the same number of parameters as in training", async (_, model) => {
  const config = configOf(model);
  const training = await setUpTraining(config);
  try {
    const counted = await countModelParameters(config);
    const { total, active, byToken = { token: active } } = training.parameters;
    expect(counted.total).toBe(total);
    expect(counted.byToken).toEqual(byToken);
    expect(active).toBe(Math.max(...Object.values(counted.byToken)));
    expect(counted.parts.reduce((sum, part) => sum + part.total, 0)).toBe(total);
    for (const kind of Object.keys(byToken)) expect(sumOf(counted, kind)).toBe(byToken[kind]);
  } finally {
    await training.dispose();
  }
});

test("tokens use their own tower, embeddings and head, and one expert per layer", async () => {
  const router = { name: "softmax_top_k", num_selected_experts: 1, normalization: "none" };
  const moe = { num_experts: 32, router, losses: [] };
  const model = { system: "limoe", ...sizes, context_length: 20, moe };
  const [one, two] = await Promise.all(
    ["one", "two"].map((towers) =>
      countModelParameters(configOf({ ...model, towers }), { vocabularySize: 100 }),
    ),
  );
  // Per block: attention 4 D^2 + 4 D, norms 4 D; dense layer or expert 8 D^2 + 5 D; router 32 D.
  const layers = 2 * (4 * 256 + 4 * 16 + 4 * 16) + 2 * (8 * 256 + 5 * 16) + 32 * 16 + 2 * 16;
  const image = 16 * (3 * 64 + 1) + 16 * 16 + 256 + 1; // patches, 16 places, head, temperature
  const text = 100 * 16 + 20 * 16 + 256 + 1;
  expect(one!.byToken).toEqual({ image: layers + image, text: layers + text });
  expect(two!.byToken).toEqual(one!.byToken);
  const others = 31 * (8 * 256 + 5 * 16);
  expect(one!.total).toBe(layers + others + image + text - 1);
  expect(two!.total).toBe(2 * (layers + others) + image + text - 1);
});

test("H/14 with a vocabulary of 32,000 has the published 5.6B parameters, 675M without the other experts", async () => {
  const counted = await countParametersOf("limoe-h14", [], { vocabularySize: 32_000 });
  const experts = counted.parts.find(({ part }) => part === "experts")!;
  // LIMoE, arXiv:2206.02770; 12 layers with 32 experts of 1280 to 5120 and back.
  expect(experts.total).toBe(12 * 32 * (2 * 1280 * 5120 + 5120 + 1280));
  expect(counted.total / 1e9).toBeCloseTo(5.55, 2);
  const applied = counted.total - experts.total + experts.byToken.image!;
  expect(applied / 1e6).toBeGreaterThan(674);
  expect(applied / 1e6).toBeLessThan(677);
});

const sizeRecipes = ["s32", "s16", "b32", "b16", "l32", "l16", "h14"].map(
  (name) => `limoe-${name}`,
);

test.each(sizeRecipes)("the head comment of %s has its counts", async (name) => {
  const counted = await countParametersOf(name);
  const format = (count: number): string =>
    count >= 1e9 ? `${(count / 1e9).toFixed(2)}B` : `${(count / 1e6).toFixed(1)}M`;
  const { image, text } = counted.byToken;
  const { path } = listRecipes().find((recipe) => recipe.name === name)!;
  expect(readFileSync(path, "utf8")).toContain(
    `${format(counted.total)} parameters; ${format(image!)} per image token, ${format(text!)} per text token.`,
  );
});

describe("every recipe", () => {
  const names = listRecipes().map(({ name }) => name);

  test.each(names)("%s is counted without its data, and every part is known", async (name) => {
    const counted = await countParametersOf(name, [], { vocabularySize: 500 });
    const total = counted.parts.reduce((sum, part) => sum + part.total, 0);
    expect(total).toBe(counted.total);
    const others = counted.parts.find(({ part }) => part === "norms and others")?.total ?? 0;
    expect(others).toBeLessThan(0.02 * total);
    for (const count of Object.values(counted.byToken)) {
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThanOrEqual(total);
    }
  });
});

test.each([
  ["limoe-s32", 2],
  ["diff-moe-flickr8k-small", 2],
  ["shapes-vit-moe", 1],
  ["gmoe-shapes-domains", 1],
  ["seemoe-original", 3],
  ["makemoe-shakespeare", 1],
  ["switch-sst2", 1],
])("the positions of %s do not decay", async (recipe, count) => {
  const { trace } = await traceModel(await loadTrainConfig(recipe), { vocabularySize: 500 });
  const parameters = [...trace.parameters.values()];
  const positions = parameters.filter(({ name }) => /pos_embed$|position_embedding/.test(name));
  expect(positions).toHaveLength(count);
  expect(positions.filter(({ decay }) => decay)).toEqual([]);
});

test("a run uses its tokenizer, and arguments override its settings", async () => {
  const run = mkdtempSync(join(tmpdir(), "moesaic-parameters-"));
  const settings = {
    recipe: "mine",
    model: { system: "limoe", ...sizes },
    data: { ...shapes, name: "captioned-images", folder: "/nowhere", size: 32 },
    train: { max_steps: 1 },
  };
  const { train_size: _, ...data } = settings.data;
  writeFileSync(join(run, "config.yaml"), JSON.stringify({ ...settings, data }));
  await expect(countParametersOf(run)).rejects.toThrow(
    /vocabulary is learnt from the texts, which cannot be read: .*\/nowhere.*--vocabulary/,
  );
  const state = { kind: "word", words: ["a", "circle"], specials: ["pad", "unknown"] };
  writeFileSync(join(run, "tokenizer.json"), JSON.stringify(state));
  const own = await countParametersOf(run);
  const wider = await countParametersOf(run, ["model.context_length=78"], { vocabularySize: 9 });
  expect(wider.byToken.text! - own.byToken.text!).toBe(5 * 16 + 16);
  expect(wider.byToken.image).toBe(own.byToken.image);
});

test.each([
  ["patch_embed.norm1.weight", "embeddings"],
  ["vision.cls_token", "embeddings"],
  ["image_tower.blocks.0.attn.qkv.weight", "attention"],
  ["blocks.1.fusion.gate.weight", "attention"],
  ["blocks.1.moe.experts.3.norm.bias", "experts"],
  ["blocks.1.moe.shared_experts.0.gate.weight", "experts"],
  ["blocks.1.moe.router.gate.weight", "routers"],
  ["gate.0.weight", "routers"],
  ["blocks.0.mlp.gate.weight", "dense layers"],
  ["decoder.head.weight", "heads"],
  ["image_head.weight", "heads"],
  ["logit_scale", "heads"],
  ["blocks.0.norm2.bias", "norms and others"],
])("%s belongs to the %s", (name, part) => {
  expect(parameterPart(name)).toBe(part);
});
