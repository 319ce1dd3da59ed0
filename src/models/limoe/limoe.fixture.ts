/** The tiny LIMoE models of `../fixtures/make_limoe.py`. */
import type * as z from "zod";
import { fromSnakeCase } from "../../config/case.ts";
import type { ContrastiveModel } from "../contrastive-model.ts";
import { createLimoe, limoeSchema } from "./config.ts";

/** Losses with distinct weights, so that a missing or repeated loss changes the sum. */
const losses = [
  { name: "importance", weight: 0.01 },
  { name: "load", weight: 0.02 },
  { name: "z", weight: 0.003 },
  { name: "local_entropy", modality: "text", weight: 0.04 },
  { name: "global_entropy", modality: "text", threshold: Math.log(4), weight: 0.05 },
  { name: "global_entropy", modality: "image", threshold: Math.log(3.9), weight: 0.06 },
] as const;

const moe = {
  num_experts: 4,
  experts: { mlp_ratio: 2 },
  router: {
    name: "softmax_top_k",
    num_selected_experts: 1,
    normalization: "none",
    noise: "gaussian",
  },
  dispatch: { name: "dropless" },
  losses: [...losses],
} as const;

type Settings = Omit<Partial<z.input<typeof limoeSchema>>, "system">;

/** Images of 8x8 pixels in four patches; texts of up to six tokens, vocabulary of eleven. */
export function tinyLimoe({ moe: own, ...settings }: Settings = {}): ContrastiveModel {
  const parsed = limoeSchema.parse({
    system: "limoe",
    patch_size: 4,
    width: 16,
    num_layers: 2,
    num_heads: 2,
    context_length: 6,
    embed_dim: 8,
    ...settings,
    moe: { ...moe, ...own },
  });
  return createLimoe(fromSnakeCase(parsed), { vocabularySize: 11, imageShape: [3, 8, 8] });
}

/** Settings of the fixtures by name. */
export const limoeFixtures = {
  "limoe-dropless": {},
  "limoe-capacity": {
    moe_layers: "all",
    contrastive: { form: "siglip" },
    moe: { dispatch: { name: "capacity", capacity_factor: 1, priority: "batch" } },
  },
  "limoe-two-towers": { towers: "two" },
} as const satisfies Readonly<Record<string, Settings>>;
