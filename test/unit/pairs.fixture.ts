/** A tiny image-text model, trained in about a second. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { plainPng } from "../../src/data/images/pictures.fixture.ts";
import { moesaic } from "./moesaic.fixture.ts";

const recipe = `seed: 3
model:
  system: limoe
  patch_size: 4
  width: 16
  num_layers: 2
  num_heads: 2
  context_length: 12
  moe:
    num_experts: 3
    router: { name: softmax_top_k, num_selected_experts: 1, normalization: none, noise: gaussian }
    dispatch: { name: capacity, capacity_factor: 1.25, priority: batch }
    losses: [{ name: importance, weight: 0.01 }]
data:
  name: shapes
  image_size: 16
  train_size: 96
  validation_size: 24
  test_size: 24
  workers: 0
  tokenizer: { kind: word, specials: [pad, unknown, start, end] }
  normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }
optimizer: { name: adamw, learning_rate: 0.003 }
train: { batch_size: 16, max_steps: 12, eval_every: 6, choose_from_step: 12 }
runtime: { threads: 1 }
`;

/** Trains the model below `folder` and returns its run directory. */
export async function trainPairs(folder: string): Promise<string> {
  const [path, run] = [join(folder, "pairs.yaml"), join(folder, "run")];
  writeFileSync(path, recipe);
  const { code, err } = await moesaic("train", path, "--run", run);
  expect(code, err).toBe(0);
  return run;
}

/** A folder of three pictures, one of them in a subfolder and one broken. */
export function writePictureFolder(folder: string): string {
  const path = join(folder, "pictures");
  mkdirSync(join(path, "deep"), { recursive: true });
  writeFileSync(join(path, "red.png"), plainPng(20, 10, [230, 20, 20]));
  writeFileSync(join(path, "deep", "blue.png"), plainPng(40, 40, [20, 40, 230]));
  writeFileSync(join(path, "broken.png"), "no picture");
  return path;
}

/** The output of a command with `--json`; notes go to stderr. */
export async function json<Document>(...argv: string[]): Promise<Document> {
  const { code, out, err } = await moesaic(...argv, "--json");
  expect(code, err).toBe(0);
  return JSON.parse(out) as Document;
}

/** The error message with which a command refuses its arguments. */
export async function refusal(...argv: string[]): Promise<string> {
  const { code, out, err } = await moesaic(...argv);
  expect(err).toMatch(/^error: [^\n]*\n$/);
  expect([code, out]).toEqual([2, ""]);
  return err;
}
