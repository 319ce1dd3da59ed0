/** Keys of config.json that encoders share. */
import * as z from "zod";
import { usageError } from "../graph/errors.ts";
import type { ActivationName } from "../moe/activations.ts";

const size = z.int().positive().max(65_536);

/** Sizes of the blocks. */
export const encoderKeys = {
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size.max(1024),
  num_attention_heads: size,
  hidden_act: z.string().default("gelu"),
};

const activations: Readonly<Record<string, ActivationName>> = {
  gelu: "gelu",
  gelu_new: "gelu_tanh",
  gelu_pytorch_tanh: "gelu_tanh",
  quick_gelu: "quick_gelu",
  relu: "relu",
  silu: "silu",
};

/**
 * The activation with a name of Transformers.
 *
 * @throws UserError (exit code 2) for one that no layer computes
 */
export function hiddenActivation(name: string): ActivationName {
  const own = Object.hasOwn(activations, name) ? activations[name] : undefined;
  if (own !== undefined) return own;
  throw usageError(
    `config.json has hidden_act ${name}; layers compute ${Object.keys(activations).join(", ")}`,
  );
}
