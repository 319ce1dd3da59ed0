import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { usageError } from "../../graph/errors.ts";
import type { TokenPaths } from "../../moe/active-parameters.ts";
import { moeSchemaWith } from "../../moe/config.ts";
import { routerRequirements } from "../../moe/context.ts";
import { createMoe } from "../../moe/create-moe.ts";
import { moeBlocks, moeLayersSchema } from "../../moe/sparse-blocks.ts";
import { similarity } from "../../nn/logit-scale.ts";
import { patchGrid } from "../../nn/patch-embed.ts";
import type { ContrastiveModel } from "../contrastive-model.ts";
import { requireHeads } from "../heads.ts";
import { encodeImages, encodeTexts, type LimoeConfig, limoe } from "./limoe.ts";
import { MODALITIES } from "./tower.ts";

/** Each loss has an equal part of the weight of their mean, 0.04. */
const share = 0.04 / 6;

/**
 * One choice among 32 experts with batch-prioritised capacity; the classic losses, local entropy of
 * texts, and global entropy of both modalities with its thresholds (arXiv:2206.02770, section 2 and
 * appendix A).
 */
const limoeMoe = {
  num_experts: 32,
  router: {
    name: "softmax_top_k",
    num_selected_experts: 1,
    normalization: "none",
    noise: "gaussian",
  },
  dispatch: { name: "capacity", capacity_factor: 1.25, priority: "batch" },
  losses: [
    { name: "importance", weight: share },
    { name: "load", weight: share },
    { name: "z", weight: share },
    { name: "local_entropy", modality: "text", weight: share },
    { name: "global_entropy", modality: "text", threshold: Math.log(9), weight: share },
    { name: "global_entropy", modality: "image", threshold: Math.log(20), weight: share },
  ],
} as const;

/** Settings of LIMoE; defaults are those of its S/32. */
export const limoeSchema = z.strictObject({
  system: z.literal("limoe"),
  /** One tower for both modalities, or one for each, as in CLIP. */
  towers: z.enum(["one", "two"]).default("one"),
  patch_size: z.int().positive().default(32),
  /** How patches become tokens; a convolution stem learns faster in small models. */
  stem: z.enum(["linear", "conv"]).default("linear"),
  width: z.int().positive().default(512),
  num_layers: z.int().positive().default(8),
  num_heads: z.int().positive().default(8),
  /** Most words of a text, start and end included. */
  context_length: z.int().positive().max(65_536).default(77),
  /** Width of the space that images and texts share; default the model's. */
  embed_dim: z.int().positive().optional(),
  /** After the embedding, attention weights and attention; experts have `moe.experts.dropout`. */
  dropout: z.number().min(0).lt(1).default(0),
  init_std: z.number().positive().default(0.02),
  contrastive: z
    .strictObject({
      form: z.enum(["info_nce", "siglip"]).default("info_nce"),
      /** Default 0.07, or 0.1 of the sigmoid form, as in CLIP and SigLIP. */
      temperature: z.number().positive().optional(),
      learned_temperature: z.boolean().default(true),
      min_temperature: z.number().positive().default(0.01),
      /** Pairs of the same text elsewhere in the batch do not count as wrong ones. */
      ignore_repeated: z.boolean().default(false),
    })
    .prefault({}),
  /** Blocks with experts; the others have a dense layer of the experts' form. */
  moe_layers: moeLayersSchema.default({ every_n: 2 }),
  moe: moeSchemaWith(limoeMoe).prefault({}),
});

export type LimoeSettings = CamelCased<z.output<typeof limoeSchema>>;

/** Tokens meet neither the embeddings, the tower nor the head of the other modality. */
const tokenPaths: TokenPaths = {
  image: (parameter) => !parameter.startsWith("text_"),
  text: (parameter) => !/^(image|patch)_/.test(parameter),
};

/** What the model is made for. */
export interface LimoeContext {
  readonly vocabularySize: number;
  /** `[C, H, W]` */
  readonly imageShape: readonly [number, number, number];
}

/**
 * The model that settings describe.
 *
 * @throws UserError (exit code 2) for sizes and routing that do not fit together
 * @example
 * const { model } = loadConfig("limoe-flickr8k-small", trainConfigSchema);
 * const limoe = createLimoe(model, { vocabularySize: 100, imageShape: [3, 64, 64] });
 * limoe.embedDim; // 128
 */
export function createLimoe(
  settings: LimoeSettings,
  { vocabularySize, imageShape }: LimoeContext,
): ContrastiveModel {
  const { width, patchSize, contextLength, contrastive } = settings;
  const { form, temperature = form === "siglip" ? 0.1 : 0.07 } = contrastive;
  const [, height, imageWidth] = imageShape;
  const grid = patchGrid(height, imageWidth, patchSize);
  requireHeads(settings);
  moeBlocks(settings.moeLayers, settings.numLayers); // Refuses blocks that the model has not.
  if (settings.towers === "one") requireApart(settings);
  const numTokens = grid.rows * grid.columns + contextLength;
  const context = { width, numTokens, modalities: MODALITIES, padding: true };
  const { numActiveExperts } = createMoe(settings.moe, context);
  const config: LimoeConfig = {
    ...settings,
    vocabularySize,
    embedDim: settings.embedDim ?? width,
    contrastive: { ...contrastive, temperature },
  };
  return {
    embedDim: config.embedDim,
    imageShape,
    contextLength,
    grid,
    numActiveExperts,
    tokenPaths,
    form,
    ignoresRepeated: contrastive.ignoreRepeated,
    pairs: (scope, images, ids, lengths) => limoe(scope, images, { ids, lengths }, config),
    encodeImages: (scope, images) => encodeImages(scope, images, config),
    encodeTexts: (scope, ids, lengths) => encodeTexts(scope, { ids, lengths }, config),
    similarity: (scope) => similarity(scope, config.contrastive),
  };
}

/** Refuses routers through which an image would see the text that it is compared with. */
function requireApart({ moe: { router }, moeLayers }: LimoeSettings): void {
  const { leak } = routerRequirements(router);
  if (moeLayers === "none" || leak === undefined) return;
  throw usageError(
    `${leak}, so that an image would see the text that it is compared with; choose a router that decides for each token, or model.towers two`,
  );
}
