/** Settings of every routing method, as recipes have them. */
import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { activationSchema } from "../activations.ts";

const count = z.int().positive();
const rate = z.number().min(0).lt(1);
const deviation = z.number().nonnegative();
const normalization = z.enum(["sum", "none"]);

/** Of the linear map from tokens to logits. */
const linear = {
  bias: z.boolean().default(false),
  /** Standard deviation of the first weights, 0 for zeros; each method has its own default. */
  init_std: deviation.optional(),
};

const dense = z.strictObject({
  name: z.literal("dense"),
  /** Widths of the hidden layers of an MLP gate; none makes the gate linear. */
  hidden_widths: z.array(count).max(16).default([]),
  activation: activationSchema.default("relu"),
  dropout: rate.default(0),
  ...linear,
  bias: z.boolean().default(true),
});

const switchRouting = z.strictObject({
  name: z.literal("switch"),
  jitter: rate.default(0),
  ...linear,
});

const noisyTopK = z.strictObject({
  name: z.literal("noisy_top_k"),
  num_selected_experts: count.default(2),
  noise_epsilon: deviation.default(0.01),
  ...linear,
});

const softmaxTopK = z.strictObject({
  name: z.literal("softmax_top_k"),
  num_selected_experts: count.default(2),
  normalization: normalization.default("sum"),
  noise: z.enum(["none", "gaussian"]).default("none"),
  noise_std: deviation.default(1),
  ...linear,
});

const expertChoice = z.strictObject({
  name: z.literal("expert_choice"),
  noise_std: deviation.default(0),
  ...linear,
});

const soft = z.strictObject({
  name: z.literal("soft"),
  num_slots: count.default(1),
  normalize: z.boolean().default(true),
});

const hash = z.strictObject({
  name: z.literal("hash"),
  num_selected_experts: count.default(1),
  /** What is mapped to experts: ids of words, or positions in the sequence. */
  key: z.enum(["word", "position"]).default("word"),
  map: z.enum(["random", "modulo"]).default("random"),
  seed: z.int().nonnegative().default(0),
});

const base = z.strictObject({ name: z.literal("base") });

const cosine = z.strictObject({
  name: z.literal("cosine"),
  num_selected_experts: count.default(1),
  projection_width: count.default(256),
  initial_temperature: z.number().positive().default(0.5),
  noise_std: deviation.default(0),
  /** Default: `sum` for more than one expert, `none` for one. */
  normalization: normalization.optional(),
});

const attentive = z.strictObject({
  name: z.literal("attentive"),
  num_selected_experts: count.default(2),
  form: z.enum(["linear", "attention"]).default("linear"),
  noisy: z.boolean().default(false),
  gate: z.enum(["softmax", "sigmoid"]).default("softmax"),
  pool: z.enum(["token", "sample"]).default("token"),
});

const yuan = z.strictObject({
  name: z.literal("yuan"),
  num_selected_experts: count.default(2),
  normalization: normalization.default("sum"),
  ...linear,
});

const lossFreeBias = z.strictObject({
  name: z.literal("loss_free_bias"),
  num_selected_experts: count.default(2),
  num_groups: count.default(1),
  /** Default: all groups. */
  num_selected_groups: count.optional(),
  normalization: normalization.default("sum"),
  route_scale: z.number().positive().default(1),
  update_rate: deviation.default(0.001),
  init_std: linear.init_std,
});

const topP = z.strictObject({
  name: z.literal("top_p"),
  probability: z.number().positive().max(1),
  /** Default: all experts. */
  max_selected_experts: count.optional(),
  normalization: normalization.default("none"),
  ...linear,
});

const policies = ["all", "none", "threshold"] as const;

const secondExpert = z.strictObject({
  name: z.literal("second_expert"),
  policy: z.enum([...policies, "random"]).default("random"),
  /** Default: the same, or `threshold` for `random`. */
  evaluation_policy: z.enum(policies).optional(),
  threshold: z.number().min(0).max(1).default(0.2),
  ...linear,
});

/** The settings of each method by its name. */
export const routerSchemas = {
  dense,
  switch: switchRouting,
  noisy_top_k: noisyTopK,
  softmax_top_k: softmaxTopK,
  expert_choice: expertChoice,
  soft,
  hash,
  base,
  cosine,
  attentive,
  yuan,
  loss_free_bias: lossFreeBias,
  top_p: topP,
  second_expert: secondExpert,
} as const;

/** Name of a routing method. */
export type RouterName = keyof typeof routerSchemas;

/** The `router` part of a layer's settings: `name` says which of these it is. */
export const routerSchema = z.discriminatedUnion("name", [
  softmaxTopK,
  dense,
  switchRouting,
  noisyTopK,
  expertChoice,
  soft,
  hash,
  base,
  cosine,
  attentive,
  yuan,
  lossFreeBias,
  topP,
  secondExpert,
]);

export type RouterSettings = CamelCased<z.output<typeof routerSchema>>;
