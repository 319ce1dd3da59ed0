/** Runs the command line in this process or in a separate one, and reads the runs it writes. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { main } from "../../src/cli/main.ts";
import { best, latest, listCheckpoints } from "../../src/runs/checkpoints/checkpoint-store.ts";

export interface CommandResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command in this process. */
export async function moesaic(...argv: string[]): Promise<CommandResult> {
  let out = "";
  let err = "";
  const code = await main(argv, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}

const bin = fileURLToPath(new URL("../../bin/moesaic.js", import.meta.url));

/** Runs a command in a separate process; `code` is null if a signal ended it. */
export async function moesaicProcess(
  argv: readonly string[],
  nodeOptions: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [...nodeOptions, bin, ...argv], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, out, err };
}

/** A new temporary folder, and its removal. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "moesaic-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/**
 * Options for Node that make a process send itself `signal` as soon as its metrics contain a line with
 * `text`; for a step's line, this is before the step's checkpoint, if it has one.
 */
export function signalAt(
  folder: string,
  text: string,
  signal: "SIGINT" | "SIGKILL",
): readonly string[] {
  const path = join(mkdtempSync(join(folder, "signal-")), "signal.mjs");
  writeFileSync(
    path,
    `import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const append = fs.appendFileSync;
let sent = false;
fs.appendFileSync = (file, data, ...rest) => {
  append(file, data, ...rest);
  if (sent || !String(data).includes(${JSON.stringify(text)})) return;
  sent = true;
  process.kill(process.pid, "${signal}");
};
syncBuiltinESMExports();
`,
  );
  return ["--import", pathToFileURL(path).href];
}

/** The lines of a run's metrics without their times. */
export function metricLines(run: string): string[] {
  const lines = readFileSync(join(run, "metrics.jsonl"), "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const { seconds: _, ...event } = JSON.parse(line) as Record<string, unknown>;
    return JSON.stringify(event);
  });
}

/** Bytes of one file of a run's newest checkpoint, as text, which compares fast. */
export async function newestFile(run: string, name: string): Promise<string> {
  return readFileSync(join(latest(await listCheckpoints(run))!.path, name)).toString("base64");
}

/** Steps of a run's checkpoints, and the best of them. */
export async function checkpointSteps(run: string): Promise<{ steps: number[]; best?: number }> {
  const checkpoints = await listCheckpoints(run);
  const chosen = best(checkpoints);
  return {
    steps: checkpoints.map(({ step }) => step),
    ...(chosen !== undefined && { best: chosen.step }),
  };
}

/** A recipe that trains in about a second and has every kind of state: see `resume.test.ts`. */
export const tinyRecipe = `# Tiny: a second of training.
seed: 3
model:
  system: diff-moe
  patch_size: 4
  width: 16
  num_layers: 1
  num_heads: 2
  num_shared_experts: 3
  num_modality_specific_experts: 1
  mlp_ratio: 2
  dropout: 0.2
  router: { noisy: true }
data:
  name: shapes
  image_size: 16
  train_size: 96
  validation_size: 24
  test_size: 24
  workers: 0
  augment:
    - random_crop: { padding: 2 }
    - horizontal_flip: {}
    - color_jitter: { brightness: 0.2 }
    - random_erasing: { p: 0.5 }
  normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }
optimizer: { name: adamw, learning_rate: 0.003, weight_decay: 0.05 }
schedule: { kind: cosine, warmup_steps: 3 }
train:
  batch_size: 8
  max_steps: 20
  accumulation_steps: 2
  label_smoothing: 0.1
  clip_norm: 0.5
  ema_decay: 0.8
  eval_every: 6
  checkpoint_every: 5
  log_experts_every: 4
runtime: { threads: 1 } # so small products only wait for other threads
`;

/** A recipe of a language model on the characters of one file; it trains in about a second. */
export const tinyTextRecipe = (file: string): string => `# Tiny: a second of training on text.
seed: 3
model:
  system: moe-decoder
  width: 16
  num_layers: 2
  num_heads: 2
  context_length: 16
  moe:
    num_experts: 3
    router: { name: noisy_top_k, num_selected_experts: 2 }
data:
  name: text-file
  file: ${file}
  validation_fraction: 0.2
  tokenizer: { kind: character }
optimizer: { name: adamw, learning_rate: 0.01 }
train:
  batch_size: 8
  max_steps: 20
  ema_decay: 0.5
  eval_every: 10
runtime: { threads: 1 }
`;
