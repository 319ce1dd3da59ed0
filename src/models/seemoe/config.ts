import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { moeSchema } from "../../moe/config.ts";
import { createMoe } from "../../moe/create-moe.ts";
import { moeBlocks, moeLayersSchema } from "../../moe/sparse-blocks.ts";
import { patchGrid } from "../../nn/patch-embed.ts";
import { requireHeads } from "../heads.ts";
import type { LanguageModel, PrefixSpec } from "../language-model.ts";
import { mixtureContext, moeDecoderStep } from "../moe-decoder/moe-decoder.ts";
import { blockSettings, layerCount, patchSettings } from "../settings.ts";
import { SEEMOE_MODALITIES, type SeeMoeConfig, seeMoe, seeMoePrefill } from "./seemoe.ts";
import { hasClassToken } from "./vision.ts";

const rate = z.number().min(0).lt(1).default(0.1);

const visionSchema = z.strictObject({
  ...patchSettings(16),
  ...blockSettings(512, 3, 8),
  qkv_bias: z
    .boolean()
    .default(false)
    .describe("Whether queries, keys and values have a bias, as in `vit-moe`."),
  dropout: rate.describe(
    "Dropout of attention and of its outputs; experts use moe.experts.dropout.",
  ),
  pool: z
    .enum(["cls", "patches"])
    .default("cls")
    .describe("The image tokens that the decoder reads: one class token, or all patches."),
  class_token: z
    .boolean()
    .default(false)
    .describe(
      "Whether a class token takes part in attention if the decoder reads patches, as in pre-trained vision transformers.",
    ),
  norm_epsilon: z
    .number()
    .positive()
    .default(1e-5)
    .describe("Number added to the variance in norms; timm has 1e-6."),
  moe_layers: moeLayersSchema
    .default("none")
    .describe(
      "Blocks with experts; all others have a dense layer with the architecture of `moe.experts`.",
    ),
  moe: moeSchema
    .prefault({})
    .describe("Router, dispatcher, experts and losses of the layers with experts."),
});

/** Settings of SeeMoE. Default sizes: the original's. */
export const seeMoeSchema = z.strictObject({
  system: z.literal("seemoe").describe("Name of the system."),
  vision: visionSchema.prefault({}).describe("Settings of the image encoder."),
  projector: z
    .enum(["mlp", "linear"])
    .default("mlp")
    .describe("Projection of image tokens to the width of the decoder."),
  width: z
    .int()
    .positive()
    .default(128)
    .describe("Width of the decoder. All keys from here on are settings of the decoder."),
  num_layers: layerCount(8),
  num_heads: z.int().positive().default(8).describe("Attention heads; they divide the width."),
  context_length: z
    .int()
    .min(2)
    .max(65_536)
    .default(64)
    .describe("Maximum number of tokens of a caption, including start and end tokens."),
  dropout: rate.describe(
    "Dropout of attention and of its outputs; experts use moe.experts.dropout.",
  ),
  attention_scale: z
    .enum(["head", "model"])
    .default("head")
    .describe(
      "Divisor of attention scores: square root of the head width (paper) or model width (original).",
    ),
  embedding_std: z
    .number()
    .positive()
    .default(1)
    .describe("Standard deviation of the initial token and position embeddings."),
  tie_embeddings: z
    .boolean()
    .default(false)
    .describe("Whether the output layer uses the token embedding table."),
  moe_layers: moeLayersSchema
    .default("all")
    .describe(
      "Blocks with experts; all others have a dense layer with the architecture of the experts.",
    ),
  moe: moeSchema
    .prefault({})
    .describe("Router, dispatcher, experts and losses of the layers with experts."),
});

export type SeeMoeSettings = CamelCased<z.output<typeof seeMoeSchema>>;

/** A language model whose sequences start with an image. */
export interface SeeMoe extends LanguageModel {
  readonly prefix: PrefixSpec;
  /** Patches per image: rows and columns. */
  readonly grid: { readonly rows: number; readonly columns: number };
  /** The image tokens that the decoder reads. */
  readonly pool: "cls" | "patches";
  /** Whether a class token precedes the patches in the vision transformer. */
  readonly hasClassToken: boolean;
}

/**
 * Builds the model of the settings for a vocabulary and images `[channels, H, W]`.
 *
 * @throws UserError (exit code 2) if sizes are inconsistent or routing depends on later tokens
 * @example
 * const { model } = loadConfig("seemoe-shapes", trainConfigSchema);
 * const captioner = createSeeMoe(model, { vocabularySize: 30, imageShape: [3, 32, 32] });
 * captioner.prefix.numTokens; // 16
 */
export function createSeeMoe(
  settings: SeeMoeSettings,
  task: {
    readonly vocabularySize: number;
    readonly imageShape: readonly [channels: number, height: number, width: number];
  },
): SeeMoe {
  const { vision, width, numHeads, numLayers, moe } = settings;
  const { vocabularySize, imageShape } = task;
  const grid = patchGrid(imageShape[1], imageShape[2], vision.patchSize);
  requireHeads(settings);
  requireHeads(vision, "model.vision");
  const numPatches = grid.rows * grid.columns;
  const isPooled = vision.pool === "cls";
  const numVisual = isPooled ? 1 : numPatches;
  // The last token of a caption is predicted but never read.
  const contextLength = numVisual + settings.contextLength - 1;
  const config: SeeMoeConfig = {
    ...settings,
    ...{ vocabularySize, contextLength },
    modalities: SEEMOE_MODALITIES,
  };
  moeBlocks(settings.moeLayers, numLayers); // Throws for blocks that the model does not have.
  moeBlocks(vision.moeLayers, vision.numLayers);
  const numSeen = numPatches + Number(hasClassToken(vision));
  createMoe(vision.moe, { width: vision.width, numTokens: numSeen });
  const { numActiveExperts } = createMoe(moe, mixtureContext(config, contextLength));
  return {
    ...{ vocabularySize, contextLength, numLayers, numActiveExperts },
    ...{ numKeyValueHeads: numHeads, headWidth: width / numHeads },
    prefix: { numTokens: numVisual, shape: imageShape },
    ...{ grid, pool: vision.pool, hasClassToken: hasClassToken(vision) },
    logits: (scope, ids, lengths, images) =>
      seeMoe(scope, requireImages(images), ids, lengths, config),
    prefill: (scope, ids, lengths, images) =>
      seeMoePrefill(scope, requireImages(images), ids, lengths, config),
    step: (scope, ids, positions, past) =>
      moeDecoderStep(scope.child("decoder"), ids, positions, past, config),
  };
}

function requireImages<T>(images: T | undefined): T {
  if (images !== undefined) return images;
  throw new Error("SeeMoE needs images: pass them as the prefix");
}
