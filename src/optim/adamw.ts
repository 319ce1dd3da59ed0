/** Adam with decoupled weight decay (arXiv:1711.05101), as torch.optim.AdamW. */
import { add, div, mul, sqrt, sub } from "../ops/arithmetic.ts";
import { chunkInputs, type Optimizer } from "./optimizer.ts";

export interface AdamWOptions {
  /** Decay of the first moment. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment. Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}

/**
 * AdamW, with `g` the scaled gradient, `l` the learning rate, `w` the weight decay and `t` the update
 * counted from 1:
 *
 *     p = p (1 - l w)
 *     m = b1 m + (1 - b1) g
 *     v = b2 v + (1 - b2) g^2
 *     p = p - l m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + epsilon)
 *
 * Factors that depend only on the step are folded into five scalars.
 *
 * @example
 * adamW({ beta2: 0.95 }).moments.length; // 2
 */
export function adamW({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
}: AdamWOptions = {}): Optimizer {
  return {
    name: "adamw",
    moments: ["exp_avg", "exp_avg_sq"],
    graph: () => {
      const { vector, scalar } = chunkInputs();
      const parameter = vector("parameter"); // [N]
      const gradient = vector("gradient"); // [N]
      const squared = mul(gradient, gradient);
      const m = add(mul(vector("exp_avg"), beta1), mul(gradient, scalar("gradient_weight")));
      const v = add(mul(vector("exp_avg_sq"), beta2), mul(squared, scalar("square_weight")));
      const denominator = add(mul(sqrt(v), scalar("root_factor")), epsilon);
      const update = div(mul(m, scalar("step_size")), denominator);
      return {
        new_parameter: sub(mul(parameter, scalar("decay")), update),
        new_exp_avg: m,
        new_exp_avg_sq: v,
      };
    },
    scalars: ({ step, learningRate, weightDecay = 0, gradientScale = 1 }) => ({
      gradient_weight: (1 - beta1) * gradientScale,
      square_weight: (1 - beta2) * gradientScale ** 2,
      root_factor: 1 / Math.sqrt(1 - beta2 ** (step + 1)),
      step_size: learningRate / (1 - beta1 ** (step + 1)),
      decay: 1 - learningRate * weightDecay,
    }),
  };
}
