/** CLIP as open_clip stores it. */
import * as z from "zod";
import { usageError } from "../../graph/errors.ts";
import { defineEncoder } from "../define-family.ts";
import { joined, type NameRule, part, rule } from "../names.ts";
import { pairSettings } from "../pair-settings.ts";
import { affine } from "./names.ts";

const size = z.int().positive().max(65_536);
const off = z.literal(false).default(false);
const none = z.null().optional();
const ignored = z.unknown().optional();

/** An object that has none of the keys that change what is computed, such as the name of a model of timm. */
function onlyKnown<const Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `has ${issue.keys.join(" and ")}, which the towers of limoe do not compute`
        : undefined,
  });
}

/** Keys of both towers; those with one possible value would change what is computed. */
const towerKeys = {
  layers: size.max(1024).default(12),
  mlp_ratio: z.number().positive().default(4),
  ls_init_value: none,
  act_kwargs: none,
  norm_kwargs: none,
  block_type: none,
  qk_norm: off,
  scaled_cosine_attn: off,
  scale_heads: off,
  scale_attn_inner: off,
  scale_attn: off,
  scale_fc: off,
  final_ln_after_pool: off,
  output_tokens: z.boolean().optional(),
};

const vision = onlyKnown({
  ...towerKeys,
  width: size.default(768),
  head_width: size.default(64),
  patch_size: size.default(16),
  image_size: size.default(224),
  patch_dropout: z.number().optional(),
  attentional_pool: off,
  attn_pooler_queries: ignored,
  attn_pooler_heads: ignored,
  no_ln_pre: off,
  pos_embed_type: z.literal("learnable").default("learnable"),
  pool_type: z.literal("tok").default("tok"),
});

const text = onlyKnown({
  ...towerKeys,
  width: size.default(512),
  heads: size.default(8),
  context_length: size.default(77),
  vocab_size: z.int().positive().max(2 ** 24).default(49_408), // biome-ignore format: a bound
  hf_tokenizer_name: ignored,
  tokenizer_mode: ignored,
  tokenizer_kwargs: ignored,
  embed_cls: off,
  pad_id: ignored,
  eos_id: ignored,
  no_causal_mask: off,
  pool_type: z.enum(["argmax", "eos"]).default("argmax"),
  proj_bias: off,
  proj_type: z.literal("linear").default("linear"),
});

/** Blocks of the tower `to`. */
function blocks(to: string, from: string): NameRule[] {
  const [own, layer] = [`${to}.blocks.{i}`, `${from}transformer.resblocks.{i}`];
  return [
    ...affine(`${own}.norm1`, `${layer}.ln_1`),
    rule(`${own}.attn.qkv.weight`, `${layer}.attn.in_proj_weight`),
    rule(`${own}.attn.qkv.bias`, `${layer}.attn.in_proj_bias`),
    ...affine(`${own}.attn.proj`, `${layer}.attn.out_proj`),
    ...affine(`${own}.norm2`, `${layer}.ln_2`),
    ...affine(`${own}.mlp.fc1`, `${layer}.mlp.c_fc`),
    ...affine(`${own}.mlp.fc2`, `${layer}.mlp.c_proj`),
  ];
}

const [unsqueeze, transpose] = [{ kind: "unsqueeze" }, { kind: "transpose" }] as const;

export const openClip = defineEncoder({
  name: "open_clip",
  title: "CLIP of open_clip",
  paper: "arXiv:2212.07143",
  keys: {
    model_cfg: onlyKnown({
      embed_dim: size,
      quick_gelu: z.boolean().default(false),
      custom_text: off,
      vision_cfg: vision.prefault({}),
      text_cfg: text.prefault({}),
    }),
  },
  settings: ({ model_cfg: { embed_dim, quick_gelu, vision_cfg: images, text_cfg: words } }) => {
    if (images.width % images.head_width !== 0) {
      throw usageError(
        `open_clip_config.json has vision_cfg of width ${images.width} with heads of ${images.head_width}, which do not divide it`,
      );
    }
    const common = { hidden_act: quick_gelu ? "quick_gelu" : "gelu", layer_norm_eps: 1e-5 };
    const sizesOf = ({ width, layers, mlp_ratio }: typeof images | typeof words) => ({
      hidden_size: width,
      intermediate_size: mlp_ratio * width,
      num_hidden_layers: layers,
      ...common,
    });
    const { patch_size } = images;
    return pairSettings(
      { ...sizesOf(images), num_attention_heads: images.width / images.head_width, patch_size },
      {
        ...sizesOf(words),
        num_attention_heads: words.heads,
        max_position_embeddings: words.context_length,
      },
      {
        embed_dim,
        image_tower: { embedding_norm: true, class_token: true, pool: "cls" },
        text_tower: { causal: true, pool: "last" },
      },
    );
  },
  inputs: ({ model_cfg: { vision_cfg: images, text_cfg: words } }) => ({
    vocabularySize: words.vocab_size,
    imageShape: [3, images.image_size, images.image_size],
  }),
  names: [
    rule("text_embed.weight", "token_embedding.weight"),
    rule("text_pos_embed", part("positional_embedding", unsqueeze)),
    ...blocks("text_tower", ""),
    ...affine("text_tower.norm", "ln_final"),
    rule("text_head.weight", part("text_projection", transpose)),
    rule("patch_embed.proj.weight", "visual.conv1.weight"),
    rule("patch_embed.proj.bias", joined("zero_bias", ["visual.conv1.weight"])),
    rule("image_cls_token", part("visual.class_embedding", unsqueeze, unsqueeze)),
    rule("image_pos_embed", part("visual.positional_embedding", unsqueeze)),
    ...affine("image_tower.embedding_norm", "visual.ln_pre"),
    ...blocks("image_tower", "visual."),
    ...affine("image_tower.norm", "visual.ln_post"),
    rule("image_head.weight", part("visual.proj", transpose)),
    rule("logit_scale", part("logit_scale", unsqueeze)),
  ],
});
