/** Schemas of settings that recipes and `fit` share, in snake_case. */
import * as z from "zod";
import { LORA } from "../lora/lora.ts";

export const fraction: z.ZodNumber = z.number().min(0).max(1);

/** Settings of the parameters whose names match; the first rule that matches counts. */
export const ruleSchema = z.strictObject({
  parameters: z
    .union([z.string().min(1), z.array(z.string().min(1)).nonempty()])
    .describe("A name or pattern, or a list of them; `*` matches any characters."),
  learning_rate_factor: z
    .number()
    .nonnegative()
    .default(1)
    .describe("Factor of the learning rate."),
  weight_decay: z
    .number()
    .nonnegative()
    .optional()
    .describe("Factor of weight decay; the optimizer's by default."),
  decay: z
    .boolean()
    .optional()
    .describe(
      "Whether the parameters decay. Default: parameters of two axes or more do, unless the model sets it.",
    ),
  frozen: z
    .union([
      z.boolean(),
      z.strictObject({
        until_step: z.int().positive().describe("The parameters are frozen before this step."),
      }),
      z.strictObject({
        from_step: z.int().positive().describe("The parameters are frozen from this step on."),
      }),
    ])
    .default(false)
    .describe("Frozen always, until a step, or from a step on, counted from 0."),
});

const patterns = z.array(z.string().min(1)).nonempty();

/** Low-rank adapters of linear layers. */
export const loraSchema = z.strictObject({
  rank: z
    .int()
    .positive()
    .default(LORA.rank)
    .describe("Rank `r` of the change of a weight: `A` is `[r, I]` and `B` `[O, r]`."),
  alpha: z
    .number()
    .positive()
    .default(LORA.alpha)
    .describe("The weight is used as `W + (alpha / rank) B A`."),
  targets: patterns.describe(
    "Linear layers to adapt: names, or patterns in which `*` matches any characters; `*` adapts all.",
  ),
  trained: patterns
    .optional()
    .describe(
      "Parameters that train as a whole beside the adapters: names or patterns. Default: heads, `*head.*`.",
    ),
});

/** Form of the learning rate over the steps. */
export const scheduleSchema = z.strictObject({
  kind: z
    .enum(["constant", "linear", "cosine"])
    .default("cosine")
    .describe("Form of the learning rate after the warm-up."),
  warmup_steps: z
    .int()
    .nonnegative()
    .default(0)
    .describe("Steps over which the learning rate rises linearly from 0."),
  final: fraction.default(0).describe("Factor of the learning rate at the end."),
});
