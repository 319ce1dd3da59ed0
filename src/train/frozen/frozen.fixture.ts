/** Tiny recipes with frozen layers, for which a cache can be turned on. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromSnakeCase } from "../../config/case.ts";
import { type TrainConfig, trainConfigSchema } from "../../recipe/config.ts";

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "moesaic-frozen-"));
}

export interface TinyFrozen {
  readonly model?: object;
  readonly data?: object;
  readonly train?: object;
  readonly frozen?: readonly string[];
  readonly optimizer?: object;
}

const BACKBONE = ["patch_embed.*", "pos_embed", "cls_token", "blocks.0.*", "blocks.1.*"];

/** SF-MoE of four blocks on generated shapes; the first two blocks are frozen. */
export function tinySfMoe({
  model,
  data,
  train,
  frozen = BACKBONE,
  optimizer,
}: TinyFrozen = {}): TrainConfig {
  return fromSnakeCase(
    trainConfigSchema.parse({
      recipe: "tiny-frozen",
      seed: 3,
      model: {
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
      data: {
        ...{ name: "shapes", image_size: 24, train_size: 48, validation_size: 16, test_size: 16 },
        ...{ normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }, workers: 0 },
        ...data,
      },
      optimizer: {
        ...{ name: "adamw", learning_rate: 0.003 },
        rules: frozen.map((parameters) => ({ parameters, frozen: true })),
        ...optimizer,
      },
      train: { batch_size: 8, max_steps: 12, eval_every: 6, clip_norm: 1, ...train },
      runtime: { threads: 1 },
    }),
  );
}
