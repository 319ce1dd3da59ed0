import * as z from "zod";
import {
  attentionBias,
  blockIndices,
  decoderSettings,
  mixtureSettings,
  softmaxRouting,
} from "../decoder-settings.ts";
import { defineFamily } from "../define-family.ts";
import type { HubConfig } from "../hub-config.ts";
import { rule } from "../names.ts";
import { dense, experts, gatedLayer, router, trunk } from "./names.ts";

const keys = {
  moe_intermediate_size: z.int().positive(),
  decoder_sparse_step: z.int().positive().nullish(),
  mlp_only_layers: z.array(z.int().nonnegative()).nullish(),
};

/** The blocks with experts: every `decoder_sparse_step`-th, without `mlp_only_layers`. */
function sparseLayers(config: HubConfig & z.output<z.ZodObject<typeof keys>>): number[] {
  const { decoder_sparse_step: step, mlp_only_layers: only } = config;
  return blockIndices(config).filter(
    (i) => !(only ?? []).includes(i) && (i + 1) % (step ?? 1) === 0,
  );
}

const names = [
  ...trunk,
  ...dense,
  ...router("mlp.gate"),
  ...experts("mlp", ["gate_proj", "up_proj", "down_proj"]),
];

const shared = "model.layers.{i}.mlp.shared_expert";

export const qwen2Moe = defineFamily({
  name: "qwen2_moe",
  title: "Qwen2-MoE",
  paper: "arXiv:2407.10671",
  routing: ({ norm_topk_prob: normalized }) =>
    `${softmaxRouting(normalized ?? false)}; a shared expert is weighted by a sigmoid of the token`,
  keys: {
    ...keys,
    shared_expert_intermediate_size: z.int().positive(),
    qkv_bias: z.boolean().nullish(),
  },
  settings: (config) => ({
    ...decoderSettings(config, { qkv_bias: config.qkv_bias ?? true }),
    moe_layers: sparseLayers(config),
    moe: mixtureSettings(config, {
      hiddenWidth: config.moe_intermediate_size,
      normalized: config.norm_topk_prob ?? false,
      experts: {
        num_shared: 1,
        shared_gate: true,
        shared_hidden_width: config.shared_expert_intermediate_size,
      },
    }),
  }),
  names: [
    ...names,
    ...gatedLayer("blocks.{i}.moe.shared_experts.0", shared),
    rule("blocks.{i}.moe.shared_gate.weight", `${shared}_gate.weight`),
  ],
});

export const qwen3Moe = defineFamily({
  name: "qwen3_moe",
  title: "Qwen3-MoE",
  paper: "arXiv:2505.09388",
  routing: ({ norm_topk_prob: normalized }) => softmaxRouting(normalized ?? false),
  keys,
  settings: (config) => ({
    ...decoderSettings(config, { query_key_norm: "head", ...attentionBias(config) }),
    moe_layers: sparseLayers(config),
    moe: mixtureSettings(config, {
      hiddenWidth: config.moe_intermediate_size,
      normalized: config.norm_topk_prob ?? false,
    }),
  }),
  names,
});
