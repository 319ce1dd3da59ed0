import * as z from "zod";
import {
  attentionBias,
  decoderSettings,
  mixtureSettings,
  softmaxRouting,
} from "../decoder-settings.ts";
import { defineFamily } from "../define-family.ts";
import { experts, router, trunk } from "./names.ts";

export const olmoe = defineFamily({
  name: "olmoe",
  title: "OLMoE",
  paper: "arXiv:2409.02060",
  routing: ({ norm_topk_prob: normalized }) => softmaxRouting(normalized ?? false),
  keys: { clip_qkv: z.number().positive().nullish() },
  settings: (config) => ({
    ...decoderSettings(config, {
      query_key_norm: "all",
      ...attentionBias(config),
      ...(config.clip_qkv != null && { clip: config.clip_qkv }),
    }),
    moe_layers: "all",
    moe: mixtureSettings(config, { normalized: config.norm_topk_prob ?? false }),
  }),
  names: [
    ...trunk,
    ...router("mlp.gate"),
    ...experts("mlp", ["gate_proj", "up_proj", "down_proj"]),
  ],
});
