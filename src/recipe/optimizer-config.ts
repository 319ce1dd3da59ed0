/** The `optimizer` and `schedule` parts of a recipe. */
import * as z from "zod";

const fraction = z.number().min(0).max(1);

/** Settings of the parameters whose names match; the first rule that matches counts. */
const rule = z.strictObject({
  parameters: z.string().min(1).describe("A name or pattern; `*` matches any characters."),
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

const rules = z
  .array(rule)
  .default([])
  .describe("Settings of single parameters by name; the first rule that matches counts.");

export const optimizerSchema = z.discriminatedUnion("name", [
  z.strictObject({
    name: z.literal("adamw").describe("Name of the optimizer."),
    learning_rate: z
      .number()
      .positive()
      .default(1e-3)
      .describe("Highest learning rate, after the warm-up."),
    weight_decay: z
      .number()
      .nonnegative()
      .default(0.01)
      .describe("Factor of decoupled weight decay."),
    beta1: fraction.default(0.9).describe("Decay of the mean of gradients."),
    beta2: fraction.default(0.999).describe("Decay of the mean of squared gradients."),
    epsilon: z
      .number()
      .positive()
      .default(1e-8)
      .describe("Number added to the denominator of an update."),
    rules,
  }),
  z.strictObject({
    name: z.literal("sgd").describe("Name of the optimizer."),
    learning_rate: z
      .number()
      .positive()
      .default(0.1)
      .describe("Highest learning rate, after the warm-up."),
    weight_decay: z
      .number()
      .nonnegative()
      .default(0)
      .describe("Factor of weight decay, which is part of the gradient and so of the momentum."),
    momentum: fraction.default(0.9).describe("Momentum, 0 to 1."),
    nesterov: z.boolean().default(false).describe("Whether the momentum is Nesterov's."),
    rules,
  }),
]);

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
