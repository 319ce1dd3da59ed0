/** A tiny run of every kind of model that answers single inputs; each trains in one or two seconds. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { ImageDataset } from "../../src/data/dataset.ts";
import { openDataset } from "../../src/data/open-dataset.ts";
import type { RecordedImage } from "../../src/inspect/types/image.ts";
import { moesaic } from "./moesaic.fixture.ts";

const sizes = "width: 16, num_layers: 2, num_heads: 2";
const experts = "num_experts: 4, router: { name: softmax_top_k, num_selected_experts: 2 }";
const diffMoe = `system: diff-moe, patch_size: 4, ${sizes}, num_shared_experts: 3, num_modality_specific_experts: 1, mlp_ratio: 2`;
const words = "tokenizer: { kind: word, specials: [pad, unknown, start, end] }";

const images = (more = ""): string =>
  `{ name: shapes, image_size: 16, train_size: 96, validation_size: 24, test_size: 24, workers: 0, normalize: { mean: [0.5, 0.4, 0.5], std: [0.25, 0.3, 0.25] }${more && `, ${more}`} }`;

const recipes = {
  "diff-moe": { model: diffMoe, data: images() },
  "diff-moe-prompts": {
    model: `${diffMoe}, text: prompts, text_layers: 1`,
    data: images(words),
  },
  "diff-moe-captions": {
    model: `${diffMoe}, text: captions, text_layers: 1, context_length: 14`,
    data: images(words),
  },
  "vit-moe": {
    model: `system: vit-moe, patch_size: 4, ${sizes}, moe: { ${experts} }`,
    data: images("augment: [{ resize: { size: 20 } }, { random_crop: { size: 12 } }]"),
  },
  "sf-moe": {
    model: `system: sf-moe, patch_size: 4, ${sizes}, blocks: SF, moe: { num_experts: 4, router: { name: cosine, num_selected_experts: 1, projection_width: 8, noise_scale: 1 }, dispatch: { name: capacity, capacity_factor: 1, formula: tutel, priority: batch } }`,
    data: images(),
  },
  "expert-choice": {
    model: `system: vit-moe, patch_size: 4, ${sizes}, moe: { num_experts: 4, router: { name: expert_choice } }`,
    data: images(),
  },
  "sparsely-gated": {
    model: `system: sparsely-gated, moe: { ${experts} }`,
    data: images(),
  },
  limoe: {
    model: `system: limoe, patch_size: 4, ${sizes}, context_length: 12, moe: { num_experts: 3, router: { name: softmax_top_k, num_selected_experts: 1, normalization: none, noise: gaussian }, dispatch: { name: capacity, capacity_factor: 1.25, priority: batch } }`,
    data: images(words),
  },
  seemoe: {
    model: `system: seemoe, vision: { patch_size: 4, stem: conv, pool: patches, dropout: 0, ${sizes}, moe_layers: all, moe: { num_experts: 3 } }, ${sizes}, context_length: 24, embedding_std: 0.2, dropout: 0, moe: { ${experts} }`,
    data: images("tokenizer: { kind: word, specials: [pad, unknown, end] }"),
  },
  "seemoe-pooled": {
    model: `system: seemoe, vision: { patch_size: 4, pool: cls, dropout: 0, ${sizes}, moe_layers: all, moe: { num_experts: 3 } }, ${sizes}, context_length: 24, dropout: 0, moe: { ${experts} }`,
    data: images("tokenizer: { kind: word, specials: [pad, unknown, start, end] }"),
  },
  "moe-decoder": {
    model: `system: moe-decoder, ${sizes}, context_length: 16, moe: { num_experts: 3, router: { name: noisy_top_k, num_selected_experts: 2 } }`,
    data: "{ name: text-file, file: TEXT, validation_fraction: 0.2, tokenizer: { kind: character } }",
  },
  "text-classifier": {
    model: `system: text-classifier, ${sizes}, context_length: 10, dropout: 0, moe: { ${experts} }`,
    data: "{ name: labelled-text, files: { train: TABLE, validation: TABLE }, columns: { text: [text], label: label, header: true }, tokenizer: { kind: word, specials: [pad, unknown] } }",
  },
} as const;

export type LiveRun = keyof typeof recipes;
export const liveRuns = Object.keys(recipes) as LiveRun[];

/** Sentences of the text classifier, also used as test inputs. */
export const sentences: readonly string[] = Array.from({ length: 30 }, (_, i) => {
  const words = ["good", "bad", "fine", "dull", "bright", "slow", "sharp"];
  return `a ${words[i % 7]} film and a ${words[(3 * i + 1) % 7]} ending`;
});

/** Training text of the language model. */
export const passage = "to be or not to be, that is the question.\n".repeat(24);

/** Trains a run below `folder` and returns its directory. */
export async function trainLiveRun(folder: string, name: LiveRun): Promise<string> {
  const [text, table] = [join(folder, "passage.txt"), join(folder, "sentences.csv")];
  writeFileSync(text, passage);
  const rows = sentences.map((line) => `${line},${/good|fine|bright/.test(line) ? "up" : "down"}`);
  writeFileSync(table, `text,label\n${rows.join("\n")}\n`);
  const { model, data } = recipes[name];
  const recipe = join(folder, `${name}.yaml`);
  writeFileSync(
    recipe,
    `seed: 3
model: { ${model} }
data: ${data.replaceAll("TEXT", text).replaceAll("TABLE", table)}
optimizer: { name: adamw, learning_rate: 0.01 }
train: { batch_size: 8, max_steps: 24, ema_decay: 0.5, eval_every: 24 }
runtime: { threads: 1 }
`,
  );
  const run = join(folder, name);
  const { code, err } = await moesaic("train", recipe, "--run", run);
  expect(code, err).toBe(0);
  return run;
}

/** Generated colour images of another size than the runs read. */
export async function liveImages(count: number, size: number): Promise<RecordedImage[]> {
  const dataset = await openDataset({
    name: "shapes",
    split: "test",
    seed: 9,
    size,
    length: count,
  });
  return Array.from({ length: count }, (_, index) => recorded(dataset as ImageDataset, index));
}

/** An image of a set as it was before its transforms. */
export function recorded(dataset: ImageDataset, index: number): RecordedImage {
  const { image, width, height, channels } = dataset.get(index);
  return { width, height, channels, data: image };
}
