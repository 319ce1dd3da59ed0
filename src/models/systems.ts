/** The systems that recipes can name, and how each classifies images. */
import * as z from "zod";
import { UserError } from "../graph/errors.ts";
import type { Tensor } from "../graph/graph.ts";
import { requireSelectable } from "../moe/routing.ts";
import { patchGrid } from "../nn/patch-embed.ts";
import type { Scope } from "../nn/scope.ts";
import { diffMoe } from "./diff-moe.ts";
import { type DiffMoeSettings, diffMoeConfig, diffMoeSchema } from "./diff-moe-config.ts";
import { vitMoe } from "./vit-moe.ts";
import { type VitMoeSettings, vitMoeSchema } from "./vit-moe-config.ts";

/** The `model` part of a recipe: `system` says which of these it is. */
export const modelSchema = z.discriminatedUnion("system", [diffMoeSchema, vitMoeSchema]);

export type ModelSettings = DiffMoeSettings | VitMoeSettings;

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
  readonly numSelectedExperts: number;
}

/**
 * The classifier that `settings` describe.
 *
 * @throws UserError (exit code 2) for sizes that do not fit together
 */
export function createClassifier(settings: ModelSettings, task: ClassificationTask): Classifier {
  const { patchSize, width, numHeads, numSelectedExperts } = settings;
  const [, height, imageWidth] = task.imageShape;
  const grid = patchGrid(height, imageWidth, patchSize);
  if (width % numHeads !== 0) {
    throw new UserError(
      `model.width ${width} cannot be divided among model.num_heads ${numHeads}; choose a multiple`,
      { exitCode: 2 },
    );
  }
  if (Math.round(settings.mlpRatio * width) < 1) {
    throw new UserError(
      `model.mlp_ratio ${settings.mlpRatio} of model.width ${width} leaves experts no hidden unit; raise it`,
      { exitCode: 2 },
    );
  }
  requireSelectable(numSelectedExperts, numExpertsOf(settings));
  const common = { grid, numSelectedExperts };
  switch (settings.system) {
    case "diff-moe": {
      const config = diffMoeConfig(settings, task.numClasses);
      return { ...common, logits: (scope, images) => diffMoe(scope, images, config) };
    }
    case "vit-moe": {
      const config = { ...settings, numClasses: task.numClasses };
      return { ...common, logits: (scope, images) => vitMoe(scope, images, config) };
    }
  }
}

function numExpertsOf(settings: ModelSettings): number {
  return settings.system === "diff-moe"
    ? settings.numSharedExperts + settings.numModalitySpecificExperts
    : settings.numExperts;
}
