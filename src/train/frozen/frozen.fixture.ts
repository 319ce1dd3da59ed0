/** Tiny recipes with frozen layers, for which a cache can be turned on, and what their runs compute. */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromSnakeCase } from "../../config/case.ts";
import type { Summary } from "../../inspect/types/run-record.ts";
import { type TrainConfig, trainConfigSchema } from "../../recipe/config.ts";
import { readState } from "../../runs/state-files.ts";
import { type TrainOptions, train } from "../train.ts";

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "moesaic-frozen-"));
}

export interface TinyFrozen {
  readonly model?: object;
  readonly data?: object;
  readonly train?: object;
  readonly frozen?: readonly string[];
}

const BACKBONE = ["patch_embed.*", "pos_embed", "cls_token", "blocks.0.*", "blocks.1.*"];

/** SF-MoE of four blocks on generated shapes; the first two blocks are frozen. */
export function tinySfMoe({ model, frozen = BACKBONE, ...more }: TinyFrozen = {}): TrainConfig {
  return tinyConfig(
    {
      ...{ system: "sf-moe", patch_size: 8, width: 16, num_layers: 4, num_heads: 2 },
      ...{ drop_path: 0, blocks: "FFSF" },
      moe: {
        num_experts: 3,
        router: { name: "softmax_top_k", num_selected_experts: 2, noise_scale: 1 },
        dispatch: { name: "capacity", capacity_factor: 1.5, group: "batch" },
        experts: { mlp_ratio: 2 },
        losses: [{ name: "importance", weight: 0.01 }],
      },
      ...model,
    },
    { frozen, ...more },
  );
}

/** LIMoE with a tower for each modality; the tower of the images is locked, as in LiT. */
export function tinyLimoe({
  model,
  data,
  frozen = ["patch_embed.*", "image_pos_embed", "image_tower.*"],
  ...more
}: TinyFrozen = {}): TrainConfig {
  return tinyConfig(
    {
      ...{ system: "limoe", towers: "two", patch_size: 8, width: 16, num_layers: 2, num_heads: 2 },
      ...{ context_length: 16, embed_dim: 8, moe_layers: "none" },
      ...model,
    },
    { data: { tokenizer: { kind: "word" }, ...data }, frozen, ...more },
  );
}

/** SeeMoE with a frozen vision transformer; projector and decoder train. */
export function tinySeeMoe({
  model,
  frozen = ["vision.*"],
  ...more
}: TinyFrozen = {}): TrainConfig {
  return tinyConfig(
    {
      system: "seemoe",
      vision: {
        ...{ patch_size: 8, width: 16, num_layers: 2, num_heads: 2, dropout: 0, pool: "patches" },
        moe: { experts: { mlp_ratio: 2 } },
      },
      ...{ projector: "linear", width: 16, num_layers: 2, num_heads: 2, context_length: 20 },
      moe: {
        num_experts: 2,
        router: { name: "noisy_top_k", num_selected_experts: 2 },
        experts: { mlp_ratio: 1 },
      },
      ...model,
    },
    {
      data: { tokenizer: { kind: "word", specials: ["pad", "unknown", "end"] } },
      frozen,
      ...more,
    },
  );
}

function tinyConfig(
  model: object,
  { data, train: settings, frozen = [] }: Omit<TinyFrozen, "model">,
): TrainConfig {
  const rules = frozen.map((parameters) => ({ parameters, frozen: true }));
  return fromSnakeCase(
    trainConfigSchema.parse({
      recipe: "tiny-frozen",
      seed: 3,
      model,
      data: {
        ...{ name: "shapes", image_size: 24, train_size: 48, validation_size: 16, test_size: 16 },
        ...{ normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }, workers: 0 },
        ...data,
      },
      optimizer: { name: "adamw", learning_rate: 0.003, rules },
      train: { batch_size: 8, max_steps: 12, eval_every: 6, clip_norm: 1, ...settings },
      runtime: { threads: 1 },
    }),
  );
}

/** Everything that a run computes, to the last bit. */
export interface RunResult {
  readonly metrics: readonly string[];
  /** Parameters, moments and averages of the last checkpoint. */
  readonly state: Readonly<Record<string, readonly number[]>>;
  readonly scores: Pick<Summary, "validation" | "test">;
  readonly notes: readonly string[];
  /** Samples whose features were computed. */
  readonly computed: number;
}

/** Trains a configuration and reads what it computed. */
export async function trainTiny(
  config: TrainConfig,
  options: Pick<TrainOptions, "runDirectory" | "resume" | "signal">,
  onUpdate: (label: string, done: number) => void = () => {},
): Promise<RunResult> {
  const { runDirectory } = options;
  const notes: string[] = [];
  const summary = await train(config, {
    ...options,
    progress: {
      note: (line) => notes.push(line),
      update: ({ label, done }) => onUpdate(label, done),
    },
  });
  const metrics = readFileSync(join(runDirectory, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.replace(/,"seconds":.*/, ""));
  const last = join(runDirectory, "checkpoints", String(summary.steps));
  const {
    model,
    optimizer,
    ema = new Map(),
  } = await readState(last, config.train.emaDecay !== undefined);
  const state = Object.fromEntries(
    [...model, ...optimizer, ...[...ema].map(([name, x]) => [`ema/${name}`, x] as const)].map(
      ([name, { data }]) => [name, Array.from(data as ArrayLike<number>, Number)],
    ),
  );
  const { validation, test } = summary;
  const line = notes.find((note) => note.endsWith(" samples were computed"));
  const computed = Number(/features of (\d+)/.exec(line ?? "")?.[1] ?? 0);
  return { metrics, state, scores: { validation, test }, notes, computed };
}
