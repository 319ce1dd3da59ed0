/** Mixup between the images of different domains. ONNX: TopK, Gather, Mul, Add. */
import { array } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { constant } from "../graph/inputs.ts";
import { formatShape } from "../graph/shape.ts";
import { add, minimum, mul, sub } from "../ops/arithmetic.ts";
import { cast } from "../ops/compare.ts";
import { gather } from "../ops/gather.ts";
import { concat, slice } from "../ops/join.ts";
import { reduceMean } from "../ops/reduce.ts";
import { reshape } from "../ops/reshape.ts";
import { sort } from "../ops/top-k.ts";
import { betaQuantiles } from "./beta-quantiles.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { byDomain } from "./domain-rows.ts";

/** Size of the table of Beta quantiles. */
const STEPS = 4096;

export interface MixupOptions {
  readonly numDomains: number;
  /** Both parameters of the Beta distribution of mixing weights; above 0. */
  readonly alpha: number;
}

export interface MixupDraws {
  /** Random numbers whose ranking orders the domains in a ring, `[M]`. */
  readonly order: Tensor;
  /** Uniform in [0, 1), one per pair of domains, `[M]`. */
  readonly shares: Tensor;
}

export interface MixedBatch {
  /** `[M*n, ...]` */
  readonly images: Tensor;
  /** Labels of both partners, `[M*n]` each. */
  readonly labels: readonly [Tensor, Tensor];
  /** Weight of the first partner in each pair of domains, `[M]`. */
  readonly shares: Tensor;
}

/**
 * Mixup (arXiv:1710.09412) between domains, paired as in DomainBed: the domains form a ring in random
 * order, and each is mixed with the next, row by row: `x = s x_i + (1 - s) x_j` with one
 * `s ~ Beta(alpha, alpha)` per pair.
 *
 * @param images `[M*n, ...]`, the rows of each domain contiguous
 * @param labels `[M*n]` int64
 * @throws RangeError if the number of rows is not a multiple of the domains
 * @example
 * const mix = (x, y, order, shares) =>
 *   mixDomains(x, y, { order, shares }, { numDomains: 2, alpha: 1 }).images;
 * const [images, labels] = [array([[0], [4]]), array([0, 1], "int64")];
 * await evaluate(mix, [images, labels, array([0, 1]), array([0.5, 0.25])]); // [[[2], [1]]]
 */
export function mixDomains(
  images: Tensor,
  labels: Tensor,
  draws: MixupDraws,
  { numDomains, alpha }: MixupOptions,
): MixedBatch {
  const { indices } = sort(draws.order); // [M]
  const next = numDomains === 1 ? indices : concat([slice(indices, 0, 1), slice(indices, 0, 0, 1)]);
  const shares = betaNumbers(draws.shares, alpha); // [M]
  const rows = images.shape[0] as number;
  const numbers = images.shape
    .slice(1)
    .reduce<number>((product, dim) => product * (dim as number), 1);
  const flat = reshape(byDomain(images, numDomains), [numDomains, (rows / numDomains) * numbers]); // [M, n * numbers]
  const s = reshape(shares, [numDomains, 1]);
  const mixed = add(mul(gather(flat, indices), s), mul(gather(flat, next), sub(1, s)));
  const labelled = byDomain(labels, numDomains); // [M, n]
  const labelsOf = (domains: Tensor): Tensor => reshape(gather(labelled, domains), [rows]);
  return {
    images: reshape(mixed, images.shape),
    labels: [labelsOf(indices), labelsOf(next)],
    shares,
  };
}

/**
 * Mean over pairs of `s CE(z, y_i) + (1 - s) CE(z, y_j)`.
 *
 * @param logits of the mixed images, `[M*n, C]`
 * @returns a scalar in nats
 * @throws RangeError if the mixing weights are not `[M]`
 * @example
 * const loss = (z, a, b, shares) => mixupLoss(z, { labels: [a, b], shares });
 * const [first, second] = [array([0], "int64"), array([1], "int64")];
 * await evaluate(loss, [array([[0, 0]]), first, second, array([0.3])]); // [0.6931]
 */
export function mixupLoss(
  logits: Tensor,
  { labels, shares }: Pick<MixedBatch, "labels" | "shares">,
  options: { readonly labelSmoothing?: number } = {},
): Tensor {
  if (shares.shape.length !== 1) {
    throw new RangeError(`mixupLoss: needs shares [M], got ${formatShape(shares.shape)}`);
  }
  const numDomains = shares.shape[0] as number;
  const [first, second] = labels.map((each) => {
    const rows = crossEntropy(logits, each, { ...options, reduction: "none" });
    return reduceMean(byDomain(rows, numDomains), 1); // [M]
  }) as [Tensor, Tensor];
  return reduceMean(add(mul(shares, first), mul(sub(1, shares), second)));
}

/** Maps uniform numbers to Beta(alpha, alpha) by linear interpolation in a table of quantiles. */
function betaNumbers(uniform: Tensor, alpha: number): Tensor {
  const quantiles = constant(uniform.graph, array(betaQuantiles(alpha, STEPS)));
  const place = mul(uniform, STEPS); // [M]
  const low = minimum(cast(place, "int64"), STEPS - 1);
  const [below, above] = [gather(quantiles, low), gather(quantiles, add(low, 1))];
  return add(below, mul(sub(above, below), sub(place, cast(low, "float32"))));
}
