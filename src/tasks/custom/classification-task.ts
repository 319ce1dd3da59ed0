/** Image classification with a custom model. */
import type { ImageDataset } from "../../data/dataset.ts";
import { usageError } from "../../graph/errors.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { Scope } from "../../nn/scope.ts";
import { classification, imageClassification } from "../classification/images.ts";
import type { Task, TaskData } from "../task.ts";
import { type RoutedTokens, routedTokens } from "./routed-tokens.ts";

export interface ClassificationTaskOptions {
  /** Class logits `[B, C]` of images `[B, channels, H, W]`. */
  readonly logits: (scope: Scope, images: Tensor) => Tensor;
  /** Label smoothing in training. Default 0. */
  readonly labelSmoothing?: number;
  /**
   * Rows and columns of the routed patches. Default: derived from the model, whose tokens must start
   * with a grid of patches in the proportions of the image.
   */
  readonly grid?: { readonly rows: number; readonly columns: number };
}

/**
 * Learns the classes of images with cross-entropy, for `train(config, { task })`. Reports and the
 * inspector show the confusion matrix, predictions, mosaics, the patches of each expert, and the
 * attention of layers named `blocks.<i>.attn`.
 *
 * @throws UserError (exit code 2) if the data are not images with classes, or tokens do not form a grid
 * @example
 * const task = classificationTask({ logits: (scope, images) => vitMoe(scope, images, config) });
 * await train(createConfig({ data: { name: "shapes" }, train: { maxSteps: 300 } }), { task, runDirectory });
 */
export function classificationTask({
  logits,
  labelSmoothing = 0,
  grid: given,
}: ClassificationTaskOptions): (source: TaskData) => Task {
  return ({ dataset, fields }) => {
    if (dataset.kind !== "image" || dataset.classNames.length === 0) {
      throw usageError(
        `classificationTask learns the classes of images, but ${dataset.name} has none; choose other data, or customTask`,
      );
    }
    const layers = routedTokens(classification({ logits }), fields);
    const [, height, width] = fields.images!.shape as [number, number, number];
    const tokensPerImage = commonTokens(layers);
    const grid = given ?? gridOf(tokensPerImage, height / width);
    const numSelectedExperts = Math.max(0, ...layers.map((layer) => layer.numSelectedExperts));
    const classifier = {
      logits,
      grid,
      tokensPerImage,
      numSelectedExperts,
      numActiveExperts: numSelectedExperts,
    };
    return imageClassification(classifier, dataset as ImageDataset, { labelSmoothing });
  };
}

/** Tokens per image, equal in all layers; 1 if nothing is routed. */
function commonTokens(layers: readonly RoutedTokens[]): number {
  const counts = new Set(layers.map(({ tokensPerSample }) => tokensPerSample));
  if (counts.size <= 1) return [...counts][0] ?? 1;
  const described = layers.map(({ layer, tokensPerSample }) => `${layer} ${tokensPerSample}`);
  throw usageError(
    `classificationTask needs equal numbers of tokens per image in all layers, but they differ: ${described.join(", ")}; use customTask`,
  );
}

/** The patch grid in the proportions of the image, allowing for a class token after the patches. */
function gridOf(tokens: number, aspect: number): { rows: number; columns: number } {
  const rows = Math.max(1, Math.floor(Math.sqrt(tokens * aspect) + 1e-9));
  const columns = Math.max(1, Math.round(rows / aspect));
  const others = tokens - rows * columns;
  if (others === 0 || others === 1) return { rows, columns };
  throw usageError(
    `the model routes ${tokens} tokens per image, which do not form a grid in its proportions; pass the grid to classificationTask, such as { rows: 4, columns: 4 }`,
  );
}
