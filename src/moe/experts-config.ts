/** Settings of the experts, as recipes have them. */

import * as z from "zod";
import type { CamelCased } from "../config/case.ts";
import { defined } from "../graph/defined.ts";
import { usageError } from "../graph/errors.ts";
import { activationSchema } from "./activations.ts";
import type { ExpertOptions } from "./experts.ts";

export const expertsSchema = z
  .strictObject({
    /** `mlp`: `fc2(act(fc1(x)))`; `gated`: `fc2(act(gate(x)) * up(x))`. */
    kind: z.enum(["mlp", "gated"]).default("mlp"),
    /** Default `gelu`, or `silu` for gated experts, which makes them SwiGLU. */
    activation: activationSchema.optional(),
    /** Hidden width over the model's; default 4. Or the width itself. */
    mlp_ratio: z.number().positive().optional(),
    hidden_width: z.int().positive().optional(),
    bias: z.boolean().default(true),
    /** After the activation and after the last linear map. */
    dropout: z.number().min(0).lt(1).default(0),
    /** Another rate after the activation; makeMoE and seeMoE have none there. */
    hidden_dropout: z.number().min(0).lt(1).optional(),
    /** A layer norm inside each expert. */
    inner_norm: z.boolean().default(false),
    /** Additional experts that every token passes, unweighted. */
    num_shared: z.int().nonnegative().default(0),
    /** `m`: `m` times as many experts, each of `1/m` of the width, and `m` times as many chosen. */
    granularity: z.int().positive().default(1),
    /** `shared`: all experts of a layer begin with the same values. */
    initialization: z.enum(["per_expert", "shared"]).default("per_expert"),
  })
  .refine((given) => given.mlp_ratio === undefined || given.hidden_width === undefined, {
    error: "give mlp_ratio or hidden_width, not both",
  })
  .transform(({ activation, mlp_ratio: ratio, hidden_width: width, ...rest }) => ({
    ...rest,
    activation: activation ?? (rest.kind === "gated" ? ("silu" as const) : ("gelu" as const)),
    ...(width === undefined ? { mlp_ratio: ratio ?? 4 } : { hidden_width: width }),
  }));

export type ExpertSettings = CamelCased<z.output<typeof expertsSchema>>;

/**
 * Hidden width of a dense layer of this form, before `granularity` divides it.
 *
 * @param width `D`
 */
export function hiddenWidthOf(settings: ExpertSettings, width: number): number {
  const hidden =
    "hiddenWidth" in settings
      ? settings.hiddenWidth
      : Math.round((settings as { mlpRatio: number }).mlpRatio * width);
  if (hidden < 1) {
    throw usageError(
      `experts.mlp_ratio of width ${width} leaves experts no hidden unit; raise it or give experts.hidden_width`,
    );
  }
  return hidden;
}

/** What the layers of the model need: of an expert, or with `granularity` 1 of a dense layer. */
export function expertOptions(
  settings: ExpertSettings,
  width: number,
  granularity = settings.granularity,
): ExpertOptions {
  const hidden = hiddenWidthOf(settings, width);
  if (hidden % granularity !== 0) {
    throw usageError(
      `a hidden width of ${hidden} cannot be cut into ${granularity} equal parts; choose a divisor as experts.granularity`,
    );
  }
  const { kind, activation, bias, dropout, hiddenDropout, innerNorm, initialization } = settings;
  const hiddenWidth = hidden / granularity;
  return {
    ...{ kind, hiddenWidth, activation, bias, dropout, innerNorm, initialization },
    ...defined({ hiddenDropout }),
  };
}
