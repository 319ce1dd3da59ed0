import * as z from "zod";
import { usageError } from "../../graph/errors.ts";
import { yarnFactor } from "../../nn/attention/rotary-frequencies.ts";
import { blockIndices, decoderSettings, ropeOf } from "../decoder-settings.ts";
import { defineFamily } from "../define-family.ts";
import type { HubConfig } from "../hub-config.ts";
import { rule } from "../names.ts";
import { dense, experts, gatedLayer, trunk } from "./names.ts";

const attention = "model.layers.{i}.self_attn";
const moe = "model.layers.{i}.mlp";
const count = z.int().positive();
const keys = {
  moe_intermediate_size: count,
  n_routed_experts: count.max(4096),
  n_shared_experts: count.nullish(),
  n_group: count.nullish(),
  topk_group: count.nullish(),
  routed_scaling_factor: z.number().positive().nullish(),
  scoring_func: z.string().nullish(),
  first_k_dense_replace: z.int().nonnegative().nullish(),
  q_lora_rank: count.nullish(),
  kv_lora_rank: count,
  qk_nope_head_dim: count,
  qk_rope_head_dim: count,
  v_head_dim: count,
  rope_interleave: z.boolean().nullish(),
};
type Config = HubConfig & z.output<z.ZodObject<typeof keys>>;

/** The factor of scores: YaRN raises it once more than by its rotated features. */
function scaleOf(config: Config, headWidth: number): number {
  const { parameters, kind } = ropeOf(config);
  const { factor, mscale_all_dim: all } = parameters;
  const plain = headWidth ** -0.5;
  if (kind === "default" || !all) return plain;
  return plain * yarnFactor(factor ?? 1, all) ** 2;
}

function mixture(config: Config): object {
  if ((config.scoring_func ?? "sigmoid") !== "sigmoid") {
    throw usageError(
      `config.json has scoring_func ${config.scoring_func}; the router computes sigmoid`,
    );
  }
  const { moe_intermediate_size: hidden, n_shared_experts: shared } = config;
  return {
    num_experts: config.n_routed_experts,
    router: {
      name: "loss_free_bias",
      num_selected_experts: config.num_experts_per_tok ?? 8,
      num_groups: config.n_group ?? 1,
      num_selected_groups: config.topk_group ?? config.n_group ?? 1,
      normalization: (config.norm_topk_prob ?? true) ? "sum" : "none",
      route_scale: config.routed_scaling_factor ?? 1,
    },
    dispatch: { name: "dropless" },
    experts: {
      ...{ kind: "gated", bias: false, hidden_width: hidden },
      ...(shared != null && { num_shared: 1, shared_hidden_width: shared * hidden }),
    },
    losses: [],
  };
}

export const deepseekV3 = defineFamily({
  name: "deepseek_v3",
  title: "DeepSeek-V3",
  paper: "arXiv:2412.19437",
  routing: () =>
    "sigmoid scores; a bias and groups of experts decide the choice, the scores alone the weights",
  keys,
  settings: (config) => {
    if (config.rope_interleave === false || config.attention_bias === true) {
      throw usageError("config.json has rope_interleave false or attention_bias true, which the decoder does not compute for deepseek_v3"); // biome-ignore format: one sentence
    }
    const headWidth = config.qk_nope_head_dim + config.qk_rope_head_dim;
    const first = config.first_k_dense_replace ?? 0;
    return {
      ...decoderSettings(config),
      head_width: headWidth,
      num_key_value_heads: config.num_attention_heads,
      attention: {
        scale: scaleOf(config, headWidth),
        latent: {
          ...(config.q_lora_rank != null && { query_rank: config.q_lora_rank }),
          key_value_rank: config.kv_lora_rank,
          rotary_width: config.qk_rope_head_dim,
          value_width: config.v_head_dim,
        },
      },
      moe_layers: blockIndices(config).filter((i) => i >= first),
      moe: mixture(config),
    };
  },
  names: [
    ...trunk,
    ...dense,
    rule("blocks.{i}.attn.q_a.weight", `${attention}.q_a_proj.weight`),
    rule("blocks.{i}.attn.q_a_norm.weight", `${attention}.q_a_layernorm.weight`),
    rule("blocks.{i}.attn.q_b.weight", `${attention}.q_b_proj.weight`),
    rule("blocks.{i}.attn.kv_a.weight", `${attention}.kv_a_proj_with_mqa.weight`),
    rule("blocks.{i}.attn.kv_a_norm.weight", `${attention}.kv_a_layernorm.weight`),
    rule("blocks.{i}.attn.kv_b.weight", `${attention}.kv_b_proj.weight`),
    rule("blocks.{i}.moe.router.weight", `${moe}.gate.weight`),
    rule("blocks.{i}.moe.router.expert_bias", `${moe}.gate.e_score_correction_bias`),
    ...experts("mlp", ["gate_proj", "up_proj", "down_proj"]),
    ...gatedLayer("blocks.{i}.moe.shared_experts.0", `${moe}.shared_experts`),
  ],
});
