/** A tiny recipe of several domains: styles of generated shapes. */
import { fromSnakeCase } from "../config/case.ts";
import { type TrainConfig, trainConfigSchema } from "../recipe/config.ts";

export function tinyDomains(
  train: object = {},
  { data = {}, model = {}, ...more }: { data?: object; model?: object; seed?: number } = {},
): TrainConfig {
  return fromSnakeCase(
    trainConfigSchema.parse({
      recipe: "tiny-domains",
      ...more,
      model: {
        system: "vit-moe",
        patch_size: 8,
        width: 8,
        num_layers: 1,
        num_heads: 2,
        moe: {
          num_experts: 2,
          router: { name: "softmax_top_k", num_selected_experts: 1, normalization: "none" },
          experts: { mlp_ratio: 1 },
        },
        ...model,
      },
      data: {
        name: "shapes",
        image_size: 16,
        train_size: 48,
        validation_size: 24,
        test_size: 16,
        test_domains: ["outline"],
        normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
        workers: 0,
        ...data,
      },
      train: { samples_per_domain: 4, batch_size: 8, max_steps: 4, eval_every: 2, ...train },
      runtime: { threads: 1 },
    }),
  );
}
