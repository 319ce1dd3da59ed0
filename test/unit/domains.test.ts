import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
  checkpointSteps,
  moesaic,
  moesaicProcess,
  signalAt,
  temporaryFolder,
} from "./moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);
const recipe = join(folder.path, "tiny.yaml");
writeFileSync(
  recipe,
  `model:
  system: vit-moe
  patch_size: 8
  width: 8
  num_layers: 1
  num_heads: 2
  moe:
    num_experts: 2
    router: { name: softmax_top_k, num_selected_experts: 2 }
    experts: { mlp_ratio: 1 }
data:
  name: shapes
  image_size: 16
  train_size: 48
  validation_size: 24
  test_size: 16
  domains: [flat, outline, noisy]
  workers: 0
  normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }
train: { samples_per_domain: 4, max_steps: 3, in_split_samples: 4 }
runtime: { threads: 1 }
`,
);
const out = join(folder.path, "out");

test("an interrupted domains command saves and continues; its JSON contains the tables of its files", async () => {
  const command = ["domains", recipe, "--trials", "1", "--algorithms", "erm,coral", "--test-domains", "noisy", "--out", out, "train.eval_every=2"]; // biome-ignore format: one command
  const stop = signalAt(folder.path, '"step":2', "SIGINT");
  const stopped = await moesaicProcess(command, stop);
  expect(stopped.code).toBe(130);
  expect(stopped.err).toContain("0 of 2 runs are finished; run the same command to continue");
  const file = readdirSync(out, { recursive: true, encoding: "utf8" }).find((name) =>
    name.endsWith("metrics.jsonl"),
  );
  const { steps } = await checkpointSteps(join(out, dirname(file!)));
  // The signal is sent after step 2; a busy machine may deliver it one step later.
  expect([2, 3]).toContain(steps.at(-1));

  const { code, out: text, err } = await moesaic(...command, "--json");
  expect(code).toBe(0);
  expect(err).toContain(`cell 1/2: resumed at step ${steps.at(-1)}`);
  expect(err).toContain("cell 2/2: CORAL without noisy, trial 0");
  const json = JSON.parse(text);
  expect(json.finished).toBe(true);
  expect(json.tables[0].rows.map(({ algorithm }: { algorithm: string }) => algorithm)).toEqual([
    "ERM",
    "CORAL",
  ]);
  expect(json).toEqual(JSON.parse(readFileSync(join(out, "domains.json"), "utf8")));

  const again = await moesaic(...command);
  expect(again.err).not.toContain("cell");
  expect(again.out).toContain("selection: training-domain validation set");
  expect(again.out).toMatch(/Algorithm +noisy +Avg/);
});

test("invalid domains are refused with a clear error", async () => {
  const refused = async (...argv: string[]) => {
    const { code, err } = await moesaic("domains", ...argv);
    expect(code).toBe(2);
    return err;
  };
  expect(await refused(recipe, "--test-domains", "cubist")).toContain(
    '--test-domains takes some of flat, outline, noisy, got "cubist"',
  );
  expect(await refused(recipe, "--algorithms", "vrex")).toContain('unknown algorithm "vrex"');
  expect(await refused(recipe, "--trials", "0")).toContain("--trials takes a whole number >= 1");
  expect(await refused(recipe, "data.domains=[flat]")).toContain("there is only one domain, flat");
  expect(await refused("diff-moe-cifar10")).toContain("data.name cifar10 has no domains");
});
