/** A tiny SeeMoE with all parts of the large one. */
import { fromSnakeCase } from "../../config/case.ts";
import { createSeeMoe, type SeeMoe, seeMoeSchema } from "./config.ts";

/** Images of 8 x 8 pixels in 4 patches, 2 layers of 4 experts, captions of up to 6 tokens. */
export function tinySeeMoe(
  settings: Record<string, unknown> = {},
  vision: Record<string, unknown> = {},
  vocabularySize = 7,
): SeeMoe {
  const parsed = seeMoeSchema.parse({
    system: "seemoe",
    width: 8,
    num_layers: 2,
    num_heads: 2,
    context_length: 6,
    dropout: 0,
    moe: { num_experts: 4, router: { name: "noisy_top_k", init_std: 0.5 } },
    ...settings,
    vision: { patch_size: 4, width: 8, num_layers: 1, num_heads: 2, dropout: 0, ...vision },
  });
  return createSeeMoe(fromSnakeCase(parsed), { vocabularySize, imageShape: [3, 8, 8] });
}
