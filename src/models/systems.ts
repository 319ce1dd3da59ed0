/** The systems that recipes can name, and how those that read images classify them. */
import * as z from "zod";
import { usageError } from "../graph/errors.ts";
import type { Tensor } from "../graph/graph.ts";
import { createMoe } from "../moe/create-moe.ts";
import { moeBlocks } from "../moe/sparse-blocks.ts";
import { patchGrid } from "../nn/patch-embed.ts";
import type { Scope } from "../nn/scope.ts";
import { type ClassicMixtureSettings, classicMixtureSchema } from "./classic-mixture/config.ts";
import { type CustomSettings, customSchema } from "./custom/config.ts";
import { type DiffMoeSettings, diffMoeConfig, diffMoeSchema } from "./diff-moe/config.ts";
import { diffMoe } from "./diff-moe/diff-moe.ts";
import { requireHeads } from "./heads.ts";
import { type LimoeSettings, limoeSchema } from "./limoe/config.ts";
import { type MoeDecoderSettings, moeDecoderSchema } from "./moe-decoder/config.ts";
import { type SeeMoeSettings, seeMoeSchema } from "./seemoe/config.ts";
import { createSfMoe, type SfMoeSettings, sfMoeSchema } from "./sf-moe/config.ts";
import { type SparselyGatedSettings, sparselyGatedSchema } from "./sparsely-gated/config.ts";
import { sparselyGated } from "./sparsely-gated/sparsely-gated.ts";
import { type TextClassifierSettings, textClassifierSchema } from "./text-classifier/config.ts";
import { type VitMoeSettings, vitMoeSchema } from "./vit-moe/config.ts";
import { vitMoe } from "./vit-moe/vit-moe.ts";

/** The `model` part of a recipe: `system` says which of these it is. */
export const modelSchema = z.discriminatedUnion("system", [
  classicMixtureSchema,
  customSchema,
  diffMoeSchema,
  vitMoeSchema,
  sfMoeSchema,
  sparselyGatedSchema,
  seeMoeSchema,
  moeDecoderSchema,
  textClassifierSchema,
  limoeSchema,
]);

export type ModelSettings =
  | ClassicMixtureSettings
  | CustomSettings
  | DiffMoeSettings
  | VitMoeSettings
  | SfMoeSettings
  | SparselyGatedSettings
  | SeeMoeSettings
  | MoeDecoderSettings
  | TextClassifierSettings
  | LimoeSettings;

/** What a classifier is made for. */
export interface ClassificationTask {
  readonly numClasses: number;
  /** `[C, H, W]` */
  readonly imageShape: readonly [number, number, number];
}

export interface Classifier {
  /** Class logits `[B, classes]` of images `[B, C, H, W]`. */
  readonly logits: (scope: Scope, images: Tensor) => Tensor;
  /** Patches per image: their rows and columns. */
  readonly grid: { readonly rows: number; readonly columns: number };
  /** Tokens of an image in the taps, of which patches come first; by default its patches alone. */
  readonly tokensPerImage?: number;
  /** `K`, choices per token in the taps `ids`. */
  readonly numSelectedExperts: number;
  /** Routed experts that compute a token, on average at most. */
  readonly numActiveExperts: number;
  /** For each expert `shared`, or `modality` if only tokens of one modality may use it. */
  readonly expertKinds?: readonly string[]; // [E]
}

/**
 * The classifier that `settings` describe.
 *
 * @throws UserError (exit code 2) for sizes that do not fit together, or a system that reads no images
 */
export function createClassifier(settings: ModelSettings, task: ClassificationTask): Classifier {
  if (settings.system === "sparsely-gated") return createSparselyGated(settings, task);
  if (settings.system === "sf-moe") return createSfMoe(settings, task);
  if (!("patchSize" in settings) || settings.system === "limoe") {
    throw usageError(`model.system ${settings.system} does not classify images`);
  }
  const { patchSize, width } = settings;
  const [, height, imageWidth] = task.imageShape;
  const grid = patchGrid(height, imageWidth, patchSize);
  requireHeads(settings);
  switch (settings.system) {
    case "diff-moe": {
      const { numSelectedExperts } = settings;
      const config = diffMoeConfig(settings, task.numClasses);
      const logits = (scope: Scope, images: Tensor) => diffMoe(scope, images, config);
      const numActiveExperts = numSelectedExperts;
      const expertKinds = diffMoeExpertKinds(settings);
      return {
        grid,
        numSelectedExperts,
        numActiveExperts,
        logits,
        ...(expertKinds && { expertKinds }),
      };
    }
    case "vit-moe": {
      const { numSelectedExperts, numActiveExperts } = createMoe(settings.moe, {
        width,
        numTokens: grid.rows * grid.columns,
      });
      moeBlocks(settings.moeLayers, settings.numLayers);
      const config = { ...settings, numClasses: task.numClasses };
      const logits = (scope: Scope, images: Tensor) => vitMoe(scope, images, config);
      return { grid, numSelectedExperts, numActiveExperts, logits };
    }
  }
}

/** Of the layout `shared`; the routed experts of the layout `global` are all alike. */
function diffMoeExpertKinds(settings: DiffMoeSettings): string[] | undefined {
  const { layout, numSharedExperts, numModalitySpecificExperts } = settings;
  if (layout === "global") return undefined;
  return [
    ...Array<string>(numSharedExperts).fill("shared"),
    ...Array<string>(numModalitySpecificExperts).fill("modality"),
  ];
}

/** An image is one token here. */
function createSparselyGated(
  { moe }: SparselyGatedSettings,
  { numClasses, imageShape }: ClassificationTask,
): Classifier {
  const width = imageShape.reduce((product, side) => product * side, 1);
  const { numSelectedExperts, numActiveExperts } = createMoe(moe, { width, numTokens: 1 });
  const logits = (scope: Scope, images: Tensor): Tensor =>
    sparselyGated(scope, images, { numClasses, moe });
  return { grid: { rows: 1, columns: 1 }, numSelectedExperts, numActiveExperts, logits };
}
