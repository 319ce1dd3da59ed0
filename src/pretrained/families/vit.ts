/** Vision transformers: ViT, DeiT and DINOv2. */
import * as z from "zod";
import { usageError } from "../../graph/errors.ts";
import { defineEncoder, type SystemInput } from "../define-family.ts";
import { encoderKeys, hiddenActivation } from "../encoder-settings.ts";
import { joined, type NameRule, rule } from "../names.ts";
import { affine } from "./names.ts";

const size = z.int().positive().max(65_536);
const keys = {
  ...encoderKeys,
  patch_size: size,
  image_size: size,
  num_channels: size.default(3),
  qkv_bias: z.boolean().default(true),
};
const { intermediate_size: _, ...withoutHidden } = keys;

interface VisionConfig {
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly hidden_act: string;
  readonly patch_size: number;
  readonly image_size: number;
  readonly num_channels: number;
  readonly qkv_bias: boolean;
  readonly layer_norm_eps: number;
}

function visionSettings(config: VisionConfig, hidden: number): SystemInput {
  if (!config.qkv_bias) {
    throw usageError("config.json has qkv_bias false; the blocks compute biases of queries, keys and values"); // biome-ignore format: one sentence
  }
  return {
    system: "sf-moe",
    patch_size: config.patch_size,
    width: config.hidden_size,
    num_layers: config.num_hidden_layers,
    num_heads: config.num_attention_heads,
    norm_epsilon: config.layer_norm_eps,
    blocks: "F".repeat(config.num_hidden_layers),
    moe: {
      experts: {
        mlp_ratio: hidden / config.hidden_size,
        activation: hiddenActivation(config.hidden_act),
      },
    },
  };
}

const inputs = ({ num_channels: channels, image_size: side }: VisionConfig) => ({
  imageShape: [channels, side, side] as const,
});

const layer = "encoder.layer.{i}";

const patches: readonly NameRule[] = [
  rule("cls_token", "embeddings.cls_token"),
  ...affine("patch_embed.proj", "embeddings.patch_embeddings.projection"),
  ...affine("norm", "layernorm"),
  ...["weight", "bias"].map((form) =>
    rule(
      `blocks.{i}.attn.qkv.${form}`,
      joined(
        "stack",
        ["query", "key", "value"].map((name) => `${layer}.attention.attention.${name}.${form}`),
      ),
      // As Transformers 5 names them in exports.
      joined(
        "stack",
        ["q_proj", "k_proj", "v_proj"].map((name) => `${layer}.attention.${name}.${form}`),
      ),
    ),
  ),
];

const vitNames: readonly NameRule[] = [
  ...patches,
  rule("pos_embed", "embeddings.position_embeddings"),
  ...affine("blocks.{i}.norm1", `${layer}.layernorm_before`),
  ...affine("blocks.{i}.attn.proj", `${layer}.attention.output.dense`),
  ...affine("blocks.{i}.norm2", `${layer}.layernorm_after`),
  ...affine("blocks.{i}.mlp.fc1", `${layer}.intermediate.dense`),
  ...affine("blocks.{i}.mlp.fc2", `${layer}.output.dense`),
];

export const vit = defineEncoder({
  name: "vit",
  title: "ViT",
  paper: "arXiv:2010.11929",
  keys: { ...keys, layer_norm_eps: z.number().positive().default(1e-12) },
  settings: (config) => visionSettings(config, config.intermediate_size),
  inputs,
  prefixes: ["vit."],
  leftOut: /^(pooler|classifier|decoder)\.|^embeddings\.mask_token$/,
  names: vitNames,
});

export const deit = defineEncoder({
  name: "deit",
  title: "DeiT",
  paper: "arXiv:2012.12877",
  keys: { ...keys, layer_norm_eps: z.number().positive().default(1e-12) },
  settings: (config) => ({
    ...visionSettings(config, config.intermediate_size),
    distilled: true,
  }),
  inputs,
  prefixes: ["deit."],
  leftOut: /^(pooler|classifier|cls_classifier|distillation_classifier|decoder)\.|^embeddings\.mask_token$/, // biome-ignore format: one pattern
  names: [...vitNames, rule("dist_token", "embeddings.distillation_token")],
});

/** Weight and bias whose rows are scaled by a factor each (LayerScale, arXiv:2103.17239). */
function scaled(to: string, factor: string, ...from: readonly string[]): NameRule[] {
  return ["weight", "bias"].map((form) =>
    rule(`${to}.${form}`, ...from.map((name) => joined("scale_rows", [`${name}.${form}`, factor]))),
  );
}

export const dinov2 = defineEncoder({
  name: "dinov2",
  title: "DINOv2",
  paper: "arXiv:2304.07193",
  keys: {
    ...withoutHidden,
    mlp_ratio: z.number().positive().default(4),
    layer_norm_eps: z.number().positive().default(1e-6),
    use_swiglu_ffn: z.boolean().default(false),
  },
  settings: (config) => {
    if (config.use_swiglu_ffn) {
      throw usageError("config.json has use_swiglu_ffn true; the blocks compute two linear maps with an activation between them"); // biome-ignore format: one sentence
    }
    return visionSettings(config, config.mlp_ratio * config.hidden_size);
  },
  inputs,
  recognize: (shapeOf, { headWidth, normEpsilon, hasErf }) => {
    const [width, channels, patch] = shapeOf("embeddings.patch_embeddings.projection.weight") ?? [];
    const [hidden] = shapeOf("encoder.layer.0.mlp.fc1.bias") ?? [];
    const [, positions] = shapeOf("embeddings.Reshape") ?? [];
    const isScaled = shapeOf("encoder.layer.0.layer_scale1.lambda1") !== undefined;
    if (!(width && hidden && patch && positions && headWidth && isScaled && hasErf))
      return undefined;
    let numLayers = 1;
    while (shapeOf(`encoder.layer.${numLayers}.norm1.weight`) !== undefined) numLayers++;
    return {
      hidden_size: width,
      num_hidden_layers: numLayers,
      num_attention_heads: width / headWidth,
      mlp_ratio: hidden / width,
      num_channels: channels,
      patch_size: patch,
      image_size: patch * Math.sqrt(positions),
      ...(normEpsilon !== undefined && { layer_norm_eps: normEpsilon }),
    };
  },
  resampling: "bicubic",
  prefixes: ["dinov2.", "backbone."],
  leftOut: /^(classifier|decoder)\.|^embeddings\.mask_token$/,
  names: [
    ...patches,
    rule(
      "pos_embed",
      "embeddings.position_embeddings",
      // As exports to ONNX hold them, which cut the table before they resample it.
      joined("stack_tokens", ["embeddings.Concat", "embeddings.Reshape"]),
    ),
    ...affine("blocks.{i}.norm1", `${layer}.norm1`),
    ...affine("blocks.{i}.norm2", `${layer}.norm2`),
    ...scaled(
      "blocks.{i}.attn.proj",
      `${layer}.layer_scale1.lambda1`,
      `${layer}.attention.output.dense`,
      `${layer}.attention.o_proj`,
    ),
    ...affine("blocks.{i}.mlp.fc1", `${layer}.mlp.fc1`),
    ...scaled("blocks.{i}.mlp.fc2", `${layer}.layer_scale2.lambda1`, `${layer}.mlp.fc2`),
  ],
});
