/** Activations of experts and gates, by name. */
import * as z from "zod";
import type { Tensor } from "../graph/graph.ts";
import { gelu, geluTanh, relu, reluSquared, silu } from "../ops/activation.ts";

export const activationSchema = z.enum(["gelu", "gelu_tanh", "relu", "relu_squared", "silu"]);

export type Activation = z.output<typeof activationSchema>;

export const activations: Readonly<Record<Activation, (x: Tensor) => Tensor>> = {
  gelu,
  gelu_tanh: geluTanh,
  relu,
  relu_squared: reluSquared,
  silu,
};
