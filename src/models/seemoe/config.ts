import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { moeSchema } from "../../moe/config.ts";
import { createMoe } from "../../moe/create-moe.ts";
import { moeBlocks, moeLayersSchema } from "../../moe/sparse-blocks.ts";
import { patchGrid } from "../../nn/patch-embed.ts";
import { requireHeads } from "../heads.ts";
import type { LanguageModel, PrefixSpec } from "../language-model.ts";
import { mixtureContext, moeDecoderStep } from "../moe-decoder/moe-decoder.ts";
import { SEEMOE_MODALITIES, type SeeMoeConfig, seeMoe, seeMoePrefill } from "./seemoe.ts";

const rate = z.number().min(0).lt(1).default(0.1);

const visionSchema = z.strictObject({
  patch_size: z.int().positive().default(16),
  /** How patches become tokens; a convolution stem learns faster in small models. */
  stem: z.enum(["linear", "conv"]).default("linear"),
  width: z.int().positive().default(512),
  num_layers: z.int().positive().default(3),
  num_heads: z.int().positive().default(8),
  /** Whether queries, keys and values have a bias, as those of `vit-moe` have. */
  qkv_bias: z.boolean().default(false),
  dropout: rate,
  /** What the decoder sees of an image: one class token, or all patches. */
  pool: z.enum(["cls", "patches"]).default("cls"),
  /** Blocks with experts; the others have a dense layer of the form of `moe.experts`. */
  moe_layers: moeLayersSchema.default("none"),
  moe: moeSchema.prefault({}),
});

/** Settings of SeeMoE; sizes are those of the original by default. */
export const seeMoeSchema = z.strictObject({
  system: z.literal("seemoe"),
  vision: visionSchema.prefault({}),
  /** From the tokens of the image to the decoder's width. */
  projector: z.enum(["mlp", "linear"]).default("mlp"),
  /** Of the decoder, as the keys that follow. */
  width: z.int().positive().default(128),
  num_layers: z.int().positive().default(8),
  num_heads: z.int().positive().default(8),
  /** Most tokens of a caption, start and end included. */
  context_length: z.int().min(2).max(65_536).default(64),
  /** After attention weights, attention and projector; experts have `moe.experts.dropout`. */
  dropout: rate,
  /** Scores are divided by the root of the head's width (the paper), or of the model's (the original). */
  attention_scale: z.enum(["head", "model"]).default("head"),
  /** Standard deviation of the first embeddings of words and positions. */
  embedding_std: z.number().positive().default(1),
  /** Whether the table of words also scores the next one. */
  tie_embeddings: z.boolean().default(false),
  moe_layers: moeLayersSchema.default("all"),
  moe: moeSchema.prefault({}),
});

export type SeeMoeSettings = CamelCased<z.output<typeof seeMoeSchema>>;

/** A language model whose sequences begin with an image. */
export interface SeeMoe extends LanguageModel {
  readonly prefix: PrefixSpec;
  /** Patches of an image: their rows and columns. */
  readonly grid: { readonly rows: number; readonly columns: number };
  /** What the decoder sees of an image. */
  readonly pool: "cls" | "patches";
}

/**
 * The model that settings describe, for a vocabulary and images `[channels, H, W]`.
 *
 * @throws UserError (exit code 2) for sizes that do not fit together and for routing that looks ahead
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
  // The last token of a caption is only predicted, never read.
  const contextLength = numVisual + settings.contextLength - 1;
  const config: SeeMoeConfig = {
    ...settings,
    ...{ vocabularySize, contextLength },
    modalities: SEEMOE_MODALITIES,
  };
  moeBlocks(settings.moeLayers, numLayers); // Refuses blocks that the model has not.
  moeBlocks(vision.moeLayers, vision.numLayers);
  const numSeen = isPooled ? numPatches + 1 : numPatches;
  createMoe(vision.moe, { width: vision.width, numTokens: numSeen });
  const { numActiveExperts } = createMoe(moe, mixtureContext(config, contextLength));
  return {
    ...{ vocabularySize, contextLength, numLayers, numHeads, numActiveExperts },
    headWidth: width / numHeads,
    prefix: { numTokens: numVisual, shape: imageShape },
    ...{ grid, pool: vision.pool },
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
  throw new Error("SeeMoE reads images: give them as the prefix");
}
