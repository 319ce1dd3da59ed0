/** Settings of the experts in the form of recipes. */

import * as z from "zod";
import type { CamelCased } from "../config/case.ts";
import { defined } from "../graph/defined.ts";
import { usageError } from "../graph/errors.ts";
import { activationSchema } from "./activations.ts";
import type { ExpertOptions } from "./experts.ts";

export const expertsSchema = z
  .strictObject({
    kind: z
      .enum(["mlp", "gated", "clamped"])
      .default("mlp")
      .describe(
        "`mlp`: `fc2(act(fc1(x)))`; `gated`: `fc2(act(gate(x)) * up(x))`; `clamped`: that of gpt-oss.",
      ),
    activation: activationSchema
      .optional()
      .describe(
        "Activation of the experts; by default gelu, or silu for gated experts, which makes them SwiGLU.",
      ),
    mlp_ratio: z
      .number()
      .positive()
      .optional()
      .describe(
        "Hidden width divided by the model's width; default 4. `hidden_width` sets the width itself.",
      ),
    hidden_width: z
      .int()
      .positive()
      .optional()
      .describe("Hidden width of the experts, instead of mlp_ratio."),
    bias: z.boolean().default(true).describe("Whether the linear maps of the experts have a bias."),
    dropout: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .describe("Dropout rate after the activation and after the last linear map."),
    hidden_dropout: z
      .number()
      .min(0)
      .lt(1)
      .optional()
      .describe("Another rate after the activation; makeMoE and seeMoE have none there."),
    inner_norm: z.boolean().default(false).describe("Whether each expert has a layer norm."),
    num_shared: z
      .int()
      .nonnegative()
      .default(0)
      .describe("Additional experts that process every token, unweighted."),
    shared_hidden_width: z
      .int()
      .positive()
      .optional()
      .describe("Hidden width of a shared expert, instead of that of the others."),
    shared_gate: z
      .boolean()
      .default(false)
      .describe("Whether the shared experts are weighted by a sigmoid of the token (Qwen2-MoE)."),
    granularity: z
      .int()
      .positive()
      .default(1)
      .describe(
        "`m`: `m` times as many experts, each with `1/m` of the width, and `m` times as many selected.",
      ),
    initialization: z
      .enum(["per_expert", "shared"])
      .default("per_expert")
      .describe("`shared`: all experts of a layer start with the same values."),
  })
  .refine((given) => given.mlp_ratio === undefined || given.hidden_width === undefined, {
    error: "give either mlp_ratio or hidden_width",
  })
  .transform(({ activation, mlp_ratio: ratio, hidden_width: width, ...rest }) => ({
    ...rest,
    activation: activation ?? (rest.kind === "gated" ? ("silu" as const) : ("gelu" as const)),
    ...(width === undefined ? { mlp_ratio: ratio ?? 4 } : { hidden_width: width }),
  }));

export type ExpertSettings = CamelCased<z.output<typeof expertsSchema>>;

/**
 * Hidden width of a dense layer of this form, before division by `granularity`.
 *
 * @param width `D`
 * @throws UserError (exit code 2) if no hidden unit remains
 */
export function hiddenWidthOf(settings: ExpertSettings, width: number): number {
  const hidden =
    "hiddenWidth" in settings
      ? settings.hiddenWidth
      : Math.round((settings as { mlpRatio: number }).mlpRatio * width);
  if (hidden < 1) {
    throw usageError(
      `experts.mlp_ratio of width ${width} gives experts no hidden unit; raise it or set experts.hidden_width`,
    );
  }
  return hidden;
}

/**
 * Options of an expert, or with `granularity` 1 of the corresponding dense layer.
 *
 * @throws UserError (exit code 2) if `granularity` does not divide the hidden width
 */
export function expertOptions(
  settings: ExpertSettings,
  width: number,
  granularity = settings.granularity,
): ExpertOptions {
  const hidden = hiddenWidthOf(settings, width);
  if (hidden % granularity !== 0) {
    throw usageError(
      `a hidden width of ${hidden} cannot be divided into ${granularity} equal parts; choose a divisor as experts.granularity`,
    );
  }
  const { kind, activation, bias, dropout, hiddenDropout, innerNorm, initialization } = settings;
  const hiddenWidth = hidden / granularity;
  return {
    ...{ kind, hiddenWidth, activation, bias, dropout, innerNorm, initialization },
    ...defined({ hiddenDropout }),
  };
}
