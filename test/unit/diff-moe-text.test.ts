/** Diff-MoE with captions and with class descriptions, from the command line. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { moesaic, temporaryFolder } from "./moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);
const recipe = join(folder.path, "tiny.yaml");

beforeAll(() => {
  writeFileSync(
    recipe,
    `model:
  system: diff-moe
  patch_size: 8
  width: 16
  num_layers: 1
  num_heads: 2
  mlp_ratio: 1
  text_embed_dim: 8
  context_length: 20
  text_layers: 1
data:
  name: shapes
  image_size: 16
  train_size: 64
  validation_size: 16
  test_size: 24
  tokenizer: { kind: word }
  normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }
train: { batch_size: 8, max_steps: 3 }
runtime: { threads: 1 }
`,
  );
});

const train = (run: string, ...settings: string[]) =>
  moesaic("train", recipe, ...settings, "--run", join(folder.path, run));
const summaryOf = (run: string) =>
  JSON.parse(readFileSync(join(folder.path, run, "summary.json"), "utf8"));

describe("captions", () => {
  beforeAll(async () => {
    const { code, err } = await train("captions", "model.text=captions");
    expect(err).toContain("step 3: validation loss");
    expect(code).toBe(0);
  }, 60_000);

  test("matching, retrieval and image-only classes are scored separately", () => {
    const { test: scores, validation } = summaryOf("captions");
    for (const name of ["match_accuracy", "pair_accuracy", "accuracy"]) {
      expect(scores[name]).toBeGreaterThanOrEqual(0);
      expect(scores[name]).toBeLessThanOrEqual(1);
      expect(validation).toHaveProperty(name);
    }
    const { class_loss, match_loss, contrastive_loss, alignment_loss } = scores;
    const sum = class_loss + match_loss + 0.1 * contrastive_loss + 0.1 * alignment_loss;
    expect(scores.loss).toBeCloseTo(sum, 4);
    expect(scores.text_to_image_r10).toBeGreaterThanOrEqual(scores.text_to_image_r1);
    expect(scores.image_to_text_r10 * 24).toBeCloseTo(Math.round(scores.image_to_text_r10 * 24), 6);
  });

  test("its report and its evaluation open", async () => {
    const report = readFileSync(join(folder.path, "captions", "report.html"), "utf8");
    expect(parseHTML(report).document.querySelector("#mosaic")).not.toBeNull();
    const { code, out } = await moesaic("eval", join(folder.path, "captions"), "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(summaryOf("captions").test);
  }, 60_000);
});

test("prompts: accuracy of the classifier and of the nearest description", async () => {
  const detailed = ["model.text=prompts", "model.prompt_detail=detailed"];
  const cut = await train("cut", ...detailed);
  expect(cut.code).toBe(2);
  expect(cut.err).toMatch(/the description "a picture of a circle, .*" has \d+ tokens/);
  expect((await train("prompts", ...detailed, "model.context_length=40")).code).toBe(0);
  const { test: scores } = summaryOf("prompts");
  for (const name of ["accuracy", "prompt_accuracy"]) {
    expect(scores[name] * 24).toBeCloseTo(Math.round(scores[name] * 24), 6);
  }
  const sum = scores.class_loss + 0.1 * scores.contrastive_loss + 0.1 * scores.alignment_loss;
  expect(scores.loss).toBeCloseTo(sum, 4);
}, 60_000);
