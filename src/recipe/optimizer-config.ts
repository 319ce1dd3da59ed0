/** The `optimizer` and `schedule` parts of a recipe. */
import * as z from "zod";

const fraction = z.number().min(0).max(1);

/** Settings of the parameters whose names match; the first rule that matches counts. */
const rule = z.strictObject({
  /** A name or pattern; `*` matches any characters. */
  parameters: z.string().min(1),
  /** Factor of the learning rate. */
  learning_rate_factor: z.number().nonnegative().default(1),
  weight_decay: z.number().nonnegative().optional(),
  /**
   * Whether the parameters decay. Default: parameters of two axes or more do, unless the model sets
   * it.
   */
  decay: z.boolean().optional(),
  /** Frozen always, until a step, or from a step on, counted from 0. */
  frozen: z
    .union([
      z.boolean(),
      z.strictObject({ until_step: z.int().positive() }),
      z.strictObject({ from_step: z.int().positive() }),
    ])
    .default(false),
});

const rules = z.array(rule).default([]);

export const optimizerSchema = z.discriminatedUnion("name", [
  z.strictObject({
    name: z.literal("adamw"),
    learning_rate: z.number().positive().default(1e-3),
    weight_decay: z.number().nonnegative().default(0.01),
    beta1: fraction.default(0.9),
    beta2: fraction.default(0.999),
    epsilon: z.number().positive().default(1e-8),
    rules,
  }),
  z.strictObject({
    name: z.literal("sgd"),
    learning_rate: z.number().positive().default(0.1),
    weight_decay: z.number().nonnegative().default(0),
    momentum: fraction.default(0.9),
    nesterov: z.boolean().default(false),
    rules,
  }),
]);

export const scheduleSchema = z.strictObject({
  kind: z.enum(["constant", "linear", "cosine"]).default("cosine"),
  warmup_steps: z.int().nonnegative().default(0),
  /** Factor of the learning rate at the end. */
  final: fraction.default(0),
});
