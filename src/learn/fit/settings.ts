/** Schemas of settings that recipes and `fit` share, in snake_case. */
import * as z from "zod";

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
