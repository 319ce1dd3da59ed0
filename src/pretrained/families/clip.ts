/** Pairs of encoders in Transformers' names: CLIP and SigLIP. */
import * as z from "zod";
import { usageError } from "../../graph/errors.ts";
import { defineEncoder } from "../define-family.ts";
import { encoderKeys } from "../encoder-settings.ts";
import { joined, type NameRule, part, rule } from "../names.ts";
import { pairSettings } from "../pair-settings.ts";
import { affine } from "./names.ts";

const size = z.int().positive().max(65_536);

/** Blocks of the tower `to`, and the norm after them. */
function tower(to: string, from: string, lastNorm: string): NameRule[] {
  const [own, layer] = [`${to}.blocks.{i}`, `${from}.encoder.layers.{i}`];
  const stacked = (form: string) =>
    joined("stack", ["q", "k", "v"].map((name) => `${layer}.self_attn.${name}_proj.${form}`)); // biome-ignore format: short
  return [
    ...affine(`${own}.norm1`, `${layer}.layer_norm1`),
    ...["weight", "bias"].map((form) => rule(`${own}.attn.qkv.${form}`, stacked(form))),
    ...affine(`${own}.attn.proj`, `${layer}.self_attn.out_proj`),
    ...affine(`${own}.norm2`, `${layer}.layer_norm2`),
    ...affine(`${own}.mlp.fc1`, `${layer}.mlp.fc1`),
    ...affine(`${own}.mlp.fc2`, `${layer}.mlp.fc2`),
    ...affine(`${to}.norm`, lastNorm),
  ];
}

const [text, vision] = ["text_model", "vision_model"];

const pairNames: readonly NameRule[] = [
  rule("text_embed.weight", `${text}.embeddings.token_embedding.weight`),
  rule("text_pos_embed", part(`${text}.embeddings.position_embedding.weight`, { kind: "unsqueeze" })), // biome-ignore format: a row
  ...tower("text_tower", text, `${text}.final_layer_norm`),
  rule("patch_embed.proj.weight", `${vision}.embeddings.patch_embedding.weight`),
  rule("image_pos_embed", part(`${vision}.embeddings.position_embedding.weight`, { kind: "unsqueeze" })), // biome-ignore format: a row
  ...tower("image_tower", vision, `${vision}.post_layernorm`),
];

const towerKeys = (act: string, epsilon: number) => ({
  ...encoderKeys,
  hidden_act: z.string().default(act),
  layer_norm_eps: z.number().positive().default(epsilon),
});

/** Sizes that a config.json leaves out are those of the base model. */
function imageKeys(act: string, epsilon: number, patch: number) {
  const { hidden_size, intermediate_size, num_hidden_layers, num_attention_heads, ...keys } = towerKeys(act, epsilon); // biome-ignore format: one line
  return {
    ...keys,
    hidden_size: hidden_size.default(768),
    intermediate_size: intermediate_size.default(3072),
    num_hidden_layers: num_hidden_layers.default(12),
    num_attention_heads: num_attention_heads.default(12),
    num_channels: size.default(3),
    image_size: size.default(224),
    patch_size: size.default(patch),
  };
}

function textKeys(act: string, epsilon: number, width: number, context: number) {
  const { hidden_size, intermediate_size, num_hidden_layers, num_attention_heads, ...keys } = towerKeys(act, epsilon); // biome-ignore format: one line
  return {
    ...keys,
    hidden_size: hidden_size.default(width),
    intermediate_size: intermediate_size.default(4 * width),
    num_hidden_layers: num_hidden_layers.default(12),
    num_attention_heads: num_attention_heads.default(width / 64),
    max_position_embeddings: size.default(context),
  };
}

const vocabulary = z.int().positive().max(2 ** 24); // biome-ignore format: a bound

export const clip = defineEncoder({
  name: "clip",
  title: "CLIP",
  paper: "arXiv:2103.00020",
  keys: {
    text_config: z
      .looseObject({ ...textKeys("quick_gelu", 1e-5, 512, 77), vocab_size: vocabulary.default(49_408) }) // biome-ignore format: one object
      .prefault({}),
    vision_config: z.looseObject(imageKeys("quick_gelu", 1e-5, 32)).prefault({}),
    projection_dim: size.default(512),
  },
  settings: ({ text_config: words, vision_config: images, projection_dim: embedDim }) =>
    pairSettings(images, words, {
      embed_dim: embedDim,
      image_tower: { embedding_norm: true, class_token: true, pool: "cls" },
      text_tower: { causal: true, pool: "last" },
    }),
  inputs: ({ text_config: { vocab_size: vocabularySize }, vision_config: images }) => ({
    vocabularySize,
    imageShape: [images.num_channels, images.image_size, images.image_size],
  }),
  resampling: "bicubic",
  names: [
    ...pairNames,
    rule("patch_embed.proj.bias", joined("zero_bias", [`${vision}.embeddings.patch_embedding.weight`])), // biome-ignore format: a row
    rule("image_cls_token", part(`${vision}.embeddings.class_embedding`, { kind: "unsqueeze" }, { kind: "unsqueeze" })), // biome-ignore format: a row
    ...affine("image_tower.embedding_norm", `${vision}.pre_layrnorm`),
    rule("image_head.weight", "visual_projection.weight"),
    rule("text_head.weight", "text_projection.weight"),
    rule("logit_scale", part("logit_scale", { kind: "unsqueeze" })),
  ],
});

const head = `${vision}.head`;

/** Weight and bias of one of the three maps that PyTorch's attention holds together. */
function inProjection(to: string, index: number, count: number): NameRule[] {
  return ["weight", "bias"].map((form) =>
    rule(
      `image_tower.attn_pool.${to}.${form}`,
      part(`${head}.attention.in_proj_${form}`, { kind: "chunk", index, count, of: 3 }),
    ),
  );
}

export const siglip = defineEncoder({
  name: "siglip",
  title: "SigLIP",
  paper: "arXiv:2303.15343",
  keys: {
    text_config: z
      .looseObject({
        ...textKeys("gelu_pytorch_tanh", 1e-6, 768, 64),
        vocab_size: vocabulary.default(32_000),
        projection_size: size.nullish(),
        pad_token_id: z.int().nonnegative().nullish(),
      })
      .prefault({}),
    vision_config: z
      .looseObject({
        ...imageKeys("gelu_pytorch_tanh", 1e-6, 16),
        vision_use_head: z.boolean().default(true),
      })
      .prefault({}),
  },
  settings: ({ text_config: words, vision_config: images }) => {
    if (!images.vision_use_head) {
      throw usageError("config.json has vision_use_head false; images are pooled by attention, as in SigLIP"); // biome-ignore format: one sentence
    }
    return pairSettings(images, words, {
      embed_dim: images.hidden_size,
      contrastive: { form: "siglip" },
      image_tower: { pool: "map", projection: "none" },
      text_tower: { pool: "last", projection_bias: true, pad_id: padIdOf(words) },
    });
  },
  inputs: ({ text_config: { vocab_size: vocabularySize }, vision_config: images }) => ({
    vocabularySize,
    imageShape: [images.num_channels, images.image_size, images.image_size],
  }),
  resampling: "bicubic",
  names: [
    ...pairNames,
    rule("patch_embed.proj.bias", `${vision}.embeddings.patch_embedding.bias`),
    rule("image_tower.attn_pool.latent", `${head}.probe`),
    ...inProjection("q", 0, 1),
    ...inProjection("kv", 1, 2),
    ...affine("image_tower.attn_pool.proj", `${head}.attention.out_proj`),
    ...affine("image_tower.attn_pool.norm", `${head}.layernorm`),
    ...affine("image_tower.attn_pool.mlp.fc1", `${head}.mlp.fc1`),
    ...affine("image_tower.attn_pool.mlp.fc2", `${head}.mlp.fc2`),
    ...affine("text_head", `${text}.head`),
    rule("logit_scale", "logit_scale"),
    rule("logit_bias", "logit_bias"),
  ],
});

/** The token that fills texts: that of config.json, or that of SigLIP's vocabulary. */
function padIdOf({
  vocab_size: vocabularySize,
  pad_token_id: given,
}: {
  readonly vocab_size: number;
  readonly pad_token_id?: number | null | undefined;
}): number {
  if (typeof given === "number") return given;
  if (vocabularySize === 32_000) return 1;
  throw usageError("config.json has no text_config.pad_token_id, the token that fills texts and is read by SigLIP; add the pad token of its tokenizer"); // biome-ignore format: one sentence
}
