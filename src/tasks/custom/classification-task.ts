/** Classification of images with your own model. */
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
  /** Share of the target that is spread over all classes, in training. Default 0. */
  readonly labelSmoothing?: number;
  /**
   * Rows and columns of the patches that are routed. Default: read from the model, whose tokens must
   * begin with a grid of patches of the image's proportions.
   */
  readonly grid?: { readonly rows: number; readonly columns: number };
}

/**
 * Learns the classes of images with cross-entropy, for `train(config, { task })`; reports and the
 * inspector show confusion, predictions, mosaics, the patches of each expert, and the attention of layers
 * called `blocks.<i>.attn`.
 *
 * @throws UserError (exit code 2) for data that are no images with classes, or tokens that are no grid
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
        `classificationTask learns the classes of images, and ${dataset.name} has none; choose other data, or customTask`,
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

/** Tokens of an image, the same in all layers; 1 if nothing is routed. */
function commonTokens(layers: readonly RoutedTokens[]): number {
  const counts = new Set(layers.map(({ tokensPerSample }) => tokensPerSample));
  if (counts.size <= 1) return [...counts][0] ?? 1;
  const described = layers.map(({ layer, tokensPerSample }) => `${layer} ${tokensPerSample}`);
  throw usageError(
    `classificationTask draws mosaics of layers that route the same tokens, and these differ: ${described.join(", ")} tokens of an image; use customTask`,
  );
}

/** The grid of these proportions that the tokens fill, but for a class token at their end. */
function gridOf(tokens: number, aspect: number): { rows: number; columns: number } {
  const rows = Math.max(1, Math.floor(Math.sqrt(tokens * aspect) + 1e-9));
  const columns = Math.max(1, Math.round(rows / aspect));
  const others = tokens - rows * columns;
  if (others === 0 || others === 1) return { rows, columns };
  throw usageError(
    `the model routes ${tokens} tokens of an image, which are no grid of its proportions; give classificationTask the grid, such as { rows: 4, columns: 4 }`,
  );
}
