import * as z from "zod";
import { attentionBias, decoderSettings, mixtureSettings } from "../decoder-settings.ts";
import { defineFamily } from "../define-family.ts";
import { experts, router, trunk } from "./names.ts";

export const olmoe = defineFamily({
  name: "olmoe",
  title: "OLMoE",
  paper: "arXiv:2409.02060",
  routing: "softmax over all experts, the top K, weights as they are unless norm_topk_prob",
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
