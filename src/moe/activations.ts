/** Activations of experts and gates, by name or as functions. */
import * as z from "zod";
import { didYouMean } from "../config/nearest.ts";
import { usageError } from "../graph/errors.ts";
import type { Tensor } from "../graph/graph.ts";
import { gelu, geluTanh, quickGelu, relu, reluSquared, silu } from "../ops/activation.ts";

export const activationSchema = z.enum([
  "gelu",
  "gelu_tanh",
  "quick_gelu",
  "relu",
  "relu_squared",
  "silu",
]);

/** Name of an activation in recipes. */
export type ActivationName = z.output<typeof activationSchema>;

/** An elementwise function of a tensor of any shape. */
export type ActivationFunction = (x: Tensor) => Tensor;

/** A name, or an operator such as `gelu` of `moesaic/ops`. */
export type Activation = ActivationName | ActivationFunction;

/** The activations that recipes can name. */
export const activations: Readonly<Record<ActivationName, ActivationFunction>> = {
  gelu,
  gelu_tanh: geluTanh,
  quick_gelu: quickGelu,
  relu,
  relu_squared: reluSquared,
  silu,
};

/**
 * The function with a name; a function is returned unchanged.
 *
 * @throws UserError (exit code 2) for an unknown name
 */
export function activationOf<Own extends (x: Tensor, layer: number) => Tensor>(
  activation: ActivationName | Own,
): ActivationFunction | Own {
  if (typeof activation === "function") return activation;
  if (Object.hasOwn(activations, activation)) return activations[activation];
  const names = Object.keys(activations);
  const hint = didYouMean(activation, names) || `; known: ${names.join(", ")}`;
  throw usageError(`unknown activation ${activation}${hint}, or a function of a tensor`);
}
