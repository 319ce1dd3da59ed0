/** A short training on the real Fashion-MNIST through the command line. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { moesaic, temporaryFolder } from "../unit/moesaic.fixture.ts";
import { needs, root } from "./data.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

const clothes = `# A small Diff-MoE on 16 patches of 7 x 7 pixels.
model: { system: diff-moe, patch_size: 7, width: 48, num_layers: 2, num_heads: 4, mlp_ratio: 2, dropout: 0 }
data:
  name: fashion-mnist
  validation_size: 5000
  normalize: { mean: [0.286], std: [0.353] }
optimizer: { name: adamw, learning_rate: 0.006 }
schedule: { kind: cosine, warmup_steps: 10 }
train: { batch_size: 64, max_steps: 250, clip_norm: 1 }
`;

test("250 steps of a small Diff-MoE learn to classify clothes", async (context) => {
  needs(context, "fashion-mnist");

  const run = join(folder.path, "run");
  const recipe = join(folder.path, "clothes.yaml");
  writeFileSync(recipe, clothes);
  const { code, out } = await moesaic(
    ...["train", recipe, `data.root=${root}`, "--run", run, "--json"],
  );
  expect(code).toBe(0);
  const summary = JSON.parse(out);
  expect(summary).toEqual(JSON.parse(readFileSync(join(run, "summary.json"), "utf8")));
  expect(summary.steps).toBe(250);
  expect(summary.test.accuracy).toBeGreaterThan(0.7);
  expect(summary.parameters.active).toBeLessThan(summary.parameters.total);
});
