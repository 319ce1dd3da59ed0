import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { usageError } from "../../graph/errors.ts";
import type { TokenPaths } from "../../moe/active-parameters.ts";
import { moeSchemaWith } from "../../moe/config.ts";
import { routerRequirements } from "../../moe/context.ts";
import { createMoe } from "../../moe/create-moe.ts";
import { moeLayersSchema } from "../../moe/sparse-blocks.ts";
import { similarity } from "../../nn/logit-scale.ts";
import { patchGrid } from "../../nn/patch-embed.ts";
import type { ContrastiveModel } from "../contrastive-model.ts";
import { blockSettings, contextLength, dropoutRate, initStd, patchSettings } from "../settings.ts";
import { encodeImages, encodeTexts, limoe } from "./limoe.ts";
import { MODALITIES } from "./tower.ts";
import type { LimoeConfig } from "./tower-config.ts";
import { imageTowerSchema, requireTowers, textTowerSchema } from "./tower-settings.ts";

/** Weight of each of the six losses, whose mean has the weight 0.04. */
const share = 0.04 / 6;

/**
 * Top 1 of 32 experts, capacity with batch priority, the classic losses, local entropy of texts, and
 * global entropy of both modalities with thresholds (arXiv:2206.02770, section 2 and appendix A).
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

/** Settings of LIMoE. Defaults: LIMoE-S/32. */
export const limoeSchema = z.strictObject({
  system: z.literal("limoe").describe("Name of the system."),
  towers: z
    .enum(["one", "two"])
    .default("one")
    .describe("One tower for both modalities, or one per modality as in CLIP."),
  image_tower: imageTowerSchema
    .optional()
    .describe("What is different in the image tower of two, such as a pre-trained one."),
  text_tower: textTowerSchema
    .optional()
    .describe("What is different in the text tower of two, such as a pre-trained one."),
  ...patchSettings(32),
  ...blockSettings(512, 8, 8),
  context_length: contextLength(
    77,
    "Maximum number of tokens of a text, including start and end tokens.",
  ),
  embed_dim: z
    .int()
    .positive()
    .optional()
    .describe("Width of the shared embedding space. Default: the model width."),
  dropout: dropoutRate(0),
  init_std: initStd,
  contrastive: z
    .strictObject({
      form: z
        .enum(["info_nce", "siglip"])
        .default("info_nce")
        .describe(
          "Loss of pairs: InfoNCE, a softmax over the batch, or SigLIP, a sigmoid of each pair.",
        ),
      temperature: z
        .number()
        .positive()
        .optional()
        .describe(
          "Initial temperature; by default 0.07 as in CLIP, or 0.1 in the sigmoid form as in SigLIP.",
        ),
      learned_temperature: z
        .boolean()
        .default(true)
        .describe("Whether the temperature is learned."),
      min_temperature: z
        .number()
        .positive()
        .default(0.01)
        .describe("Lower bound of the learned temperature."),
      ignore_repeated: z
        .boolean()
        .default(false)
        .describe("Whether pairs with equal texts are not negatives of each other."),
    })
    .prefault({})
    .describe("Contrastive loss of images and texts."),
  moe_layers: moeLayersSchema
    .default({ every_n: 2 })
    .describe("Blocks with experts; all others have a dense layer with the experts' architecture."),
  moe: moeSchemaWith(limoeMoe)
    .prefault({})
    .describe("Router, dispatcher, experts and losses of the layers with experts."),
});

export type LimoeSettings = CamelCased<z.output<typeof limoeSchema>>;

/** Tokens do not use the embeddings, the tower or the head of the other modality. */
const tokenPaths: TokenPaths = {
  image: (parameter) => !parameter.startsWith("text_"),
  text: (parameter) => !/^(image|patch)_/.test(parameter),
};

/** The vocabulary and images that a model is built for. */
export interface LimoeContext {
  readonly vocabularySize: number;
  /** `[C, H, W]` */
  readonly imageShape: readonly [number, number, number];
}

/**
 * Builds the model of the settings.
 *
 * @throws UserError (exit code 2) if sizes are inconsistent or the routing is not supported
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
  requireTowers(settings);
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
    tokensPerImage: grid.rows * grid.columns + Number(settings.imageTower?.classToken ?? false),
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

/** Rejects routers that leak information between an image and the text of its pair. */
function requireApart({ moe: { router }, moeLayers }: LimoeSettings): void {
  const { leak } = routerRequirements(router);
  if (moeLayers === "none" || leak === undefined) return;
  throw usageError(
    `${leak}, so that an image would see the text of its pair; choose a router that decides for each token, or model.towers two`,
  );
}
