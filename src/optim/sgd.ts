/** Stochastic gradient descent with momentum, as torch.optim.SGD. */
import type { Tensor } from "../graph/graph.ts";
import { add, mul, sub } from "../ops/arithmetic.ts";
import { chunkInputs, type Optimizer } from "./optimizer.ts";

export interface SgdOptions {
  /** Default 0.9; 0 keeps no moment buffer. */
  readonly momentum?: number;
  /** Nesterov momentum. Default false. */
  readonly nesterov?: boolean;
}

/**
 * SGD, with `g` the scaled gradient, `l` the learning rate and `w` the weight decay:
 *
 *     g = g + w p
 *     b = momentum b + g
 *     p = p - l b            (with nesterov: p - l (g + momentum b))
 *
 * The weight decay is part of the gradient and therefore of the momentum, unlike in AdamW.
 *
 * @throws RangeError if `nesterov` is set without momentum
 * @example
 * sgd({ momentum: 0 }).moments.length; // 0
 */
export function sgd({ momentum = 0.9, nesterov = false }: SgdOptions = {}): Optimizer {
  if (nesterov && momentum === 0) throw new RangeError("sgd: nesterov needs a momentum above 0");
  return {
    name: "sgd",
    moments: momentum === 0 ? [] : ["momentum_buffer"],
    graph: (): Record<string, Tensor> => {
      const { vector, scalar } = chunkInputs();
      const parameter = vector("parameter"); // [N]
      const scaled = mul(vector("gradient"), scalar("gradient_scale"));
      const slope = add(scaled, mul(parameter, scalar("weight_decay")));
      const rate = scalar("learning_rate");
      if (momentum === 0) return { new_parameter: sub(parameter, mul(slope, rate)) };
      const buffer = add(mul(vector("momentum_buffer"), momentum), slope);
      const direction = nesterov ? add(slope, mul(buffer, momentum)) : buffer;
      return {
        new_parameter: sub(parameter, mul(direction, rate)),
        new_momentum_buffer: buffer,
      };
    },
    scalars: ({ learningRate, weightDecay = 0, gradientScale = 1 }) => ({
      learning_rate: learningRate,
      weight_decay: weightDecay,
      gradient_scale: gradientScale,
    }),
  };
}
