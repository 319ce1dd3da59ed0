/** Scalars that are means, with what they are means over. */
import { defineOp, type Tensor } from "../graph/graph.ts";
import { formatShape } from "../graph/shape.ts";
import { div, maximum } from "../ops/arithmetic.ts";
import { reduceSum } from "../ops/reduce.ts";

/** What a mean is over: `samples` of the batch, or a number of things, a float32 scalar. */
export type MeanWeight = "samples" | Tensor;

interface MeanAttributes {
  readonly weight: MeanWeight;
}

const NAME = "mean_over";

/** The weight is an attribute, so that graphs compute it only if batches are combined. */
const meanOverOp = defineOp<MeanAttributes>({
  name: NAME,
  infer: ([mean], { weight }) => {
    for (const { shape } of weight === "samples" ? [mean!] : [mean!, weight]) {
      if (shape.length > 0) throw new RangeError(`needs scalars, got ${formatShape(shape)}`);
    }
    return [{ dtype: mean!.dtype, shape: [] }];
  },
  emit: ({ emitter, inputs, outputs }) => {
    emitter.add("Identity", inputs, {}, { outputs });
  },
  gradient: ({ gradients: [dy] }) => [dy],
});

/**
 * `mean`, with the weight that it has beside the means of other batches: the mean over several batches
 * is `sum(weight * mean) / sum(weight)`, for values and gradients alike.
 *
 * `reduceMean` of all entries, and the losses of this folder, have their weight already. Everything else
 * that an objective computes from a batch declares it: a mean over tokens its number of tokens, and a
 * value that is no mean, such as a penalty on the batch as a whole, `"samples"`.
 *
 * @param mean a scalar
 * @param weight a float32 scalar without gradient, or `samples` for the number of samples of the batch
 * @returns a scalar equal to `mean`
 * @throws RangeError if either is not a scalar
 * @example
 * const perplexity = (x) => meanOver(exp(reduceMean(x)), "samples");
 * await evaluate(perplexity, [array([0, 0])]); // [1]
 */
export function meanOver(mean: Tensor, weight: MeanWeight): Tensor {
  return meanOverOp([mean], { weight })[0]!;
}

/**
 * The mean of sums: `sum / max(count, 1)`, weighted by `count`.
 *
 * @param values any shape; zero where they do not count
 * @param count how many of them count, a float32 scalar
 * @returns a scalar; 0 if nothing counts
 * @example
 * const mean = (x) => countedMean(x, constant(x.graph, 2));
 * await evaluate(mean, [array([3, 5, 0])]); // [4]
 */
export function countedMean(values: Tensor, count: Tensor): Tensor {
  return meanOver(div(reduceSum(values), maximum(count, 1)), count);
}

/** The declared weight of a scalar, or undefined. */
export function declaredWeight({ node }: Tensor): MeanWeight | undefined {
  return node.op.name === NAME ? (node.attributes as MeanAttributes).weight : undefined;
}
