/** The `optimizer` part of a recipe, and which parameters it updates. */
import * as z from "zod";
import { fraction, ruleSchema } from "../learn/fit/settings.ts";
import { createLora, type LoraSettings } from "../learn/lora/lora.ts";
import { type ParameterGroups, parameterGroups } from "../learn/parameter-groups.ts";
import type { ParameterRule } from "../learn/parameter-rule.ts";

const rules = z
  .array(ruleSchema)
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

/** The parts of a recipe that say which parameters train. */
export interface TrainedParts {
  readonly optimizer: { readonly rules: readonly ParameterRule[] };
  readonly train: { readonly lora?: LoraSettings | undefined };
}

/** The parameter groups of a recipe, by its rules and adapters. */
export function recipeGroups({ optimizer, train }: TrainedParts): ParameterGroups {
  return parameterGroups(optimizer.rules, train.lora && createLora(train.lora, "train.lora"));
}
