/** Settings of the decoder from the keys that most families share. */
import { usageError } from "../graph/errors.ts";
import { yarnFactor } from "../nn/attention/rotary-frequencies.ts";
import type { SystemInput } from "./define-family.ts";
import type { HubConfig } from "./hub-config.ts";

/**
 * Sizes, rotary positions, windows and the dense layer.
 *
 * @param attention settings of the attention beside windows
 * @throws UserError (exit code 2) for values that the decoder does not compute
 */
export function decoderSettings(config: HubConfig, attention: object = {}): SystemInput {
  requirePlain(config);
  const { num_attention_heads: heads, hidden_size: width } = config;
  return {
    system: "decoder",
    width,
    num_layers: config.num_hidden_layers,
    num_heads: heads,
    num_key_value_heads: config.num_key_value_heads ?? heads,
    head_width: config.head_dim ?? width / heads,
    context_length: contextOf(config),
    norm_epsilon: config.rms_norm_eps,
    rotary: rotaryOf(config),
    attention: { ...windowOf(config), ...attention },
    mlp: { hidden_width: config.intermediate_size, bias: config.mlp_bias ?? false },
    tie_embeddings: config.tie_word_embeddings ?? false,
    init_std: config.initializer_range,
    moe_layers: "none",
  };
}

/** Biases of attention by `attention_bias`. */
export function attentionBias({ attention_bias: given }: HubConfig, fallback = false): object {
  return { qkv_bias: given ?? fallback, proj_bias: given ?? fallback };
}

/** Indices of all blocks. */
export function blockIndices({ num_hidden_layers: length }: HubConfig): number[] {
  return Array.from({ length }, (_, i) => i);
}

/** Parameters of the rotary positions and their kind, in the older and the newer form. */
export function ropeOf(config: HubConfig) {
  const parameters = config.rope_parameters ?? config.rope_scaling ?? {};
  return { parameters, kind: parameters.rope_type ?? parameters.type ?? "default" };
}

/** Settings of a layer of gated experts, chosen by a softmax, without capacity. */
export function mixtureSettings(
  config: HubConfig,
  {
    hiddenWidth = config.intermediate_size,
    normalized,
    experts = {},
    router = {},
  }: {
    readonly hiddenWidth?: number;
    /** Whether the weights of a token are divided by their sum. */
    readonly normalized: boolean;
    readonly experts?: object;
    readonly router?: object;
  },
): object {
  const numExperts = config.num_experts ?? config.num_local_experts;
  const numSelected = config.num_experts_per_tok;
  if (numExperts == null || numSelected == null) {
    throw usageError("config.json has no num_experts and num_experts_per_tok");
  }
  const weight = config.router_aux_loss_coef ?? 0;
  return {
    num_experts: numExperts,
    router: {
      name: "softmax_top_k",
      num_selected_experts: numSelected,
      normalization: normalized ? "sum" : "none",
      ...router,
    },
    dispatch: { name: "dropless" },
    experts: { kind: "gated", bias: false, hidden_width: hiddenWidth, ...experts },
    losses: weight > 0 ? [{ name: "hugging_face_balance", weight }] : [],
  };
}

/** The rule of `mixtureSettings` in one sentence. */
export function softmaxRouting(normalized: boolean): string {
  const weights = normalized ? "divided by their sum" : "as they are";
  return `softmax over all experts, the top K, weights ${weights}`;
}

function requirePlain({
  hidden_act: activation,
  quantization_config: quantization,
}: HubConfig): void {
  if (activation !== "silu") {
    throw usageError(`config.json has hidden_act ${activation}; the decoder computes silu only`);
  }
  const method = quantization?.quant_method;
  if (quantization != null && method !== "mxfp4") {
    throw usageError(
      `the weights are quantised by ${method ?? "an unnamed method"}; take the checkpoint in bfloat16 or float32`,
    );
  }
}

function rotaryOf(config: HubConfig): object {
  const { parameters, kind } = ropeOf(config);
  const theta = parameters.rope_theta ?? config.rope_theta ?? 10_000;
  const share = parameters.partial_rotary_factor ?? 1;
  const { factor } = parameters;
  const original = originalContext(config);
  const plain = { theta, share };
  switch (kind) {
    case "default":
    case "dynamic": // scaled beyond max_position_embeddings only
      return plain;
    case "linear":
      return { ...plain, scaling: { kind, factor } };
    case "llama3":
      return {
        ...plain,
        scaling: {
          ...{ kind, factor },
          low_frequency_factor: parameters.low_freq_factor,
          high_frequency_factor: parameters.high_freq_factor,
          original_context: original,
        },
      };
    case "yarn":
      return {
        ...plain,
        scaling: {
          ...{ kind, factor },
          original_context: original,
          beta_fast: parameters.beta_fast ?? 32,
          beta_slow: parameters.beta_slow ?? 1,
          attention_factor: yarnAttention(parameters),
          truncate: parameters.truncate ?? true,
        },
      };
    case "longrope":
      return { ...plain, scaling: longRope(config) };
    default:
      throw usageError(
        `config.json has rotary positions of type ${kind}; the decoder computes default, linear, dynamic, llama3, yarn and longrope`,
      );
  }
}

/** The context of pre-training. */
function originalContext(config: HubConfig): number {
  const { original_max_position_embeddings: given } = ropeOf(config).parameters;
  return given ?? config.original_max_position_embeddings ?? config.max_position_embeddings;
}

/** With LongRoPE longer texts turn all their tokens by other angles, cached keys too. */
function contextOf(config: HubConfig): number {
  const isLong = ropeOf(config).kind === "longrope";
  return isLong ? originalContext(config) : config.max_position_embeddings;
}

/** The factors of texts within the context of pre-training. */
function longRope(config: HubConfig): object {
  const { short_factor: factors, attention_factor: given, factor } = ropeOf(config).parameters;
  const original = originalContext(config);
  const longer = factor ?? config.max_position_embeddings / original;
  const attention = longer <= 1 ? 1 : Math.sqrt(1 + Math.log(longer) / Math.log(original));
  if (factors == null) throw usageError("config.json has longrope without short_factor");
  return { kind: "longrope", factors, attention_factor: given ?? attention };
}

function yarnAttention({
  attention_factor: given,
  factor,
  mscale,
  mscale_all_dim: all,
}: NonNullable<HubConfig["rope_parameters"]>): number {
  if (given != null) return given;
  if (mscale && all) return yarnFactor(factor ?? 1, mscale) / yarnFactor(factor ?? 1, all);
  return yarnFactor(factor ?? 1);
}

function windowOf(config: HubConfig): object {
  const { sliding_window: window, use_sliding_window: used, layer_types: types } = config;
  if (types != null) {
    const other = types.find((type) => !/^(full|sliding)_attention$/.test(type));
    if (other !== undefined) {
      throw usageError(`config.json has layers of type ${other}; the decoder has full_attention and sliding_attention`); // biome-ignore format: one sentence
    }
    const layers = types.flatMap((type, i) => (type === "sliding_attention" ? [i] : []));
    if (layers.length === 0 || !window) return {};
    return { window, window_layers: layers };
  }
  if (!window || used === false) return {};
  const first = used === true ? (config.max_window_layers ?? 0) : 0;
  return { window, window_layers: blockIndices(config).filter((i) => i >= first) };
}
