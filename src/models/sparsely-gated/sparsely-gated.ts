/**
 * The sparsely-gated mixture as a classifier: one layer of experts on flattened images (Shazeer et al.,
 * arXiv:1701.06538; the CIFAR-10 example of davidmrau/mixture-of-experts).
 *
 * Each expert `Linear(D, F)-ReLU-Linear(F, C)-softmax` returns class probabilities; the output is their
 * mean, weighted by the gates. Differences from the example:
 * - The loss is the negative log-likelihood of the mean. The example applies cross-entropy to the
 *   mean as if it were logits; the second softmax keeps that loss above 1.46.
 * - Load thresholds are compared with logits instead of probabilities, and evaluation has no noise.
 *
 * Axes: `B` images, `D` pixels times channels, `C` classes.
 */
import type { Tensor } from "../../graph/graph.ts";
import { createMoe } from "../../moe/create-moe.ts";
import type { MoeSettings } from "../../moe/settings.ts";
import type { Scope } from "../../nn/scope.ts";
import { log, maximum } from "../../ops/arithmetic.ts";
import { reshape } from "../../ops/reshape.ts";
import { softmax } from "../../ops/softmax.ts";

export interface SparselyGatedConfig {
  readonly numClasses: number;
  readonly moe: MoeSettings;
}

/** Lower bound of probabilities, which keeps their logarithm finite. */
const SMALLEST = 1e-12;

/**
 * Log-probabilities of the classes of images.
 *
 * @param images `[B, channels, H, W]`
 * @returns `[B, C]`
 * @example
 * const { model } = loadConfig("sparsely-gated-cifar10", trainConfigSchema);
 * const logits = (scope, { images }) =>
 *   sparselyGated(scope, images, { numClasses: 10, moe: model.moe });
 * const inputs = { images: allocate("float32", [2, 3, 32, 32]) };
 * const { output } = await apply(logits, init(logits, inputs), inputs);
 * output.shape; // [2, 10]
 */
export function sparselyGated(scope: Scope, images: Tensor, config: SparselyGatedConfig): Tensor {
  const [batch, ...sides] = images.shape;
  const width = (sides as number[]).reduce((product, side) => product * side, 1);
  const layer = createMoe(config.moe, {
    width,
    outputWidth: config.numClasses,
    finish: (rows) => softmax(rows),
  });
  const mixed = layer.apply(scope.child("moe"), reshape(images, [batch!, width])); // [B, C]
  return log(maximum(mixed, SMALLEST));
}
