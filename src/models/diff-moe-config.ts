import * as z from "zod";
import type { CamelCased } from "../config/case.ts";
import { UserError } from "../graph/errors.ts";
import { activationSchema } from "../moe/activations.ts";
import { tokenDispatchSchema } from "../moe/dispatch/config.ts";
import type { DiffMoeConfig } from "./diff-moe.ts";

/** Settings of Diff-MoE; defaults are those of its Fashion-MNIST configuration. */
export const diffMoeSchema = z.strictObject({
  system: z.literal("diff-moe"),
  patch_size: z.int().positive().default(4),
  stem: z.enum(["linear", "conv"]).default("linear"),
  width: z.int().positive().default(384),
  num_layers: z.int().positive().default(4),
  num_heads: z.int().positive().default(6),
  num_shared_experts: z.int().nonnegative().default(4),
  num_modality_specific_experts: z.int().nonnegative().default(2),
  num_selected_experts: z.int().positive().default(2),
  mlp_ratio: z.number().positive().default(4),
  activation: activationSchema.default("gelu"),
  dropout: z.number().min(0).lt(1).default(0.1),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  init_std: z.number().positive().default(0.02),
  router: z
    .strictObject({
      form: z.enum(["linear", "attention"]).default("linear"),
      noisy: z.boolean().default(false),
      gate: z.enum(["softmax", "sigmoid"]).default("softmax"),
      pool: z.enum(["token", "sample"]).default("token"),
    })
    .prefault({}),
  /** The original has capacity limits in some commits, none of which binds; default none. */
  dispatch: tokenDispatchSchema.prefault({ name: "dropless" }),
  mean_square_loss_weight: z.number().nonnegative().default(0.001),
  kl_loss_weight: z.number().nonnegative().default(0.01),
});

export type DiffMoeSettings = CamelCased<z.output<typeof diffMoeSchema>>;

/** The model's configuration for a number of classes; only image tokens are routed so far. */
export function diffMoeConfig(settings: DiffMoeSettings, numClasses: number): DiffMoeConfig {
  if (Math.round(settings.mlpRatio * settings.width) < 1) {
    throw new UserError(
      `model.mlp_ratio ${settings.mlpRatio} of model.width ${settings.width} leaves experts no hidden unit; raise it`,
      { exitCode: 2 },
    );
  }
  return { ...settings, numClasses, modalities: ["image"] };
}
