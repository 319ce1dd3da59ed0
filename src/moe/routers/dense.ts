import * as z from "zod";
import type { Tensor } from "../../graph/graph.ts";
import { dropout } from "../../nn/dropout.ts";
import type { Initializer } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { relu } from "../../ops/activation.ts";
import { softmax } from "../../ops/softmax.ts";
import { type ActivationName, activationOf, activationSchema } from "../activations.ts";
import type { DenseRouting } from "../routing.ts";
import type { TensorLayout } from "./define.ts";
import { defineRouter } from "./define.ts";
import { count, initOf, initStd, linearTensors, rate, rows } from "./settings.ts";

export interface DenseRouterOptions {
  readonly numExperts: number;
  /** Widths of the hidden layers of an MLP gate; default none, a linear gate. */
  readonly hiddenWidths?: readonly number[];
  /** Activation after hidden layer `layer` of an MLP gate. Default ReLU. */
  readonly activation?: ActivationName | ((x: Tensor, layer: number) => Tensor);
  /** Dropout after each hidden layer of an MLP gate. Default 0. */
  readonly dropout?: number;
  /** Default true. */
  readonly bias?: boolean;
  readonly weightInit?: Initializer;
}

/**
 * Uses every expert with the weight `softmax(logits)_e` (Jacobs et al., 1991, "Adaptive mixtures of local
 * experts").
 *
 * @param logits `[N, E]`
 */
export function denseRouting(logits: Tensor): DenseRouting {
  const numExperts = logits.shape[1] as number;
  return { numExperts, combineWeights: softmax(logits), logits };
}

/**
 * Uses every expert with the weight `softmax(gate(x))_e`; the gate is linear or an MLP.
 *
 * Parameters `weight` `[E, D]` and `bias`; an MLP has them under `0.`, `1.` and so on.
 *
 * @param x `[N, D]`
 */
export function denseRouter(scope: Scope, x: Tensor, options: DenseRouterOptions): DenseRouting {
  const {
    numExperts,
    hiddenWidths = [],
    activation: given = relu,
    bias = true,
    weightInit,
  } = options;
  const activation = activationOf(given);
  const init = { bias, ...(weightInit && { weightInit }) };
  const hidden = hiddenWidths.reduce((rows, width, layer) => {
    const child = scope.child(layer);
    const active = activation(linear(child, rows, width, init), layer);
    return dropout(child, active, options.dropout ?? 0);
  }, x); // [N, F]
  const last = hiddenWidths.length === 0 ? scope : scope.child(hiddenWidths.length);
  return denseRouting(linear(last, hidden, numExperts, init));
}

export const dense = defineRouter({
  name: "dense",
  kind: "dense",
  paper: "Jacobs et al. 1991",
  description: "Every expert, weighted by a softmax of a linear or MLP gate.",
  decides: "all",
  settings: {
    hidden_widths: z
      .array(count)
      .max(16)
      .default([])
      .describe("Widths of the hidden layers of an MLP gate; none makes the gate linear."),
    activation: activationSchema.default("relu").describe("Activation function."),
    dropout: rate.default(0).describe("Dropout after each hidden layer of the gate."),
    bias: z.boolean().default(true).describe("Whether the linear map has a bias."),
    init_std: initStd.describe("Standard deviation of the initial weights."),
  },
  selects: () => "all",
  gives: ["probabilities", "distribution"],
  tensors: (names) => ({ ...linearTensors, ...gateTensors(names) }),
  route: (scope, x, settings, { numExperts }) =>
    denseRouter(scope, x, { ...settings, ...initOf(settings), numExperts }),
  examples: {
    picture: { settings: {} },
    variants: [{ title: "dense softmax", settings: {}, balanced: true }],
    forms: [
      { title: "a linear gate", settings: {} },
      { title: "an MLP gate", settings: { hidden_widths: [5], activation: "silu" } },
    ],
  },
});

/** Only the last layer of an MLP gate (`0.weight`, `1.weight` and so on) has an axis of experts. */
function gateTensors(names: readonly string[]): TensorLayout {
  const layerOf = (name: string): number =>
    Number(/^(\d+)\.(?:weight|bias)$/.exec(name)?.[1] ?? -1);
  const last = Math.max(-1, ...names.map(layerOf));
  const layers = names.filter((name) => layerOf(name) >= 0);
  return Object.fromEntries(layers.map((name) => [name, layerOf(name) === last ? rows : null]));
}
