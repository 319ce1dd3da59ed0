/** Settings of the auxiliary losses, as recipes have them. */
import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";

/** How a weight changes over the steps of training; the factor at the end counts with a decay. */
const schedule = z.strictObject({
  kind: z.enum(["constant", "linear", "cosine"]).default("constant"),
  warmup_steps: z.int().nonnegative().default(0),
  final: z.number().min(0).max(1).default(0),
});

const common = (weight: number) => ({
  weight: z.number().nonnegative().default(weight),
  schedule: schedule.optional(),
  /** Counts the tokens of this modality alone; all by default. */
  modality: z.string().optional(),
});

/** False divides squared deviations by E (the papers), true by E - 1 (PyTorch ports). */
const variation = { unbiased: z.boolean().default(false) };

const importance = z.strictObject({
  name: z.literal("importance"),
  ...common(0.01),
  ...variation,
  importance_of: z.enum(["probabilities", "gates"]).default("probabilities"),
});

const load = z.strictObject({ name: z.literal("load"), ...common(0.01), ...variation });

const loadExcludingSelf = z.strictObject({
  name: z.literal("load_excluding_self"),
  ...common(0.01),
  ...variation,
});

const balance = z.strictObject({
  name: z.literal("balance"),
  ...common(0.01),
  choices: z.enum(["first", "sum", "mean"]).default("first"),
});

const huggingFace = z.strictObject({ name: z.literal("hugging_face_balance"), ...common(0.001) });

const sequenceBalance = z.strictObject({ name: z.literal("sequence_balance"), ...common(0.0001) });

const zLoss = z.strictObject({
  name: z.literal("z"),
  ...common(0.001),
  reduction: z.enum(["mean", "sum"]).default("mean"),
});

const localEntropy = z.strictObject({ name: z.literal("local_entropy"), ...common(0.01) });

const globalEntropy = z.strictObject({
  name: z.literal("global_entropy"),
  ...common(0.01),
  /** In nats; the logarithm of the number of experts that should be used at least. */
  threshold: z.number().nonnegative().optional(),
});

const topPEntropy = z.strictObject({ name: z.literal("top_p_entropy"), ...common(0.0001) });
const klToUniform = z.strictObject({ name: z.literal("kl_to_uniform"), ...common(0.01) });
const klFromUniform = z.strictObject({ name: z.literal("kl_from_uniform"), ...common(0.01) });
const meanSquare = z.strictObject({ name: z.literal("mean_square_balance"), ...common(0.001) });

/** The settings of each loss by its name. */
export const lossSchemas = {
  importance,
  load,
  load_excluding_self: loadExcludingSelf,
  balance,
  hugging_face_balance: huggingFace,
  sequence_balance: sequenceBalance,
  z: zLoss,
  local_entropy: localEntropy,
  global_entropy: globalEntropy,
  top_p_entropy: topPEntropy,
  kl_to_uniform: klToUniform,
  kl_from_uniform: klFromUniform,
  mean_square_balance: meanSquare,
} as const;

/** Name of an auxiliary loss. */
export type AuxiliaryLossName = keyof typeof lossSchemas;

/** One entry of a layer's `losses`: `name` says which of these it is. */
export const lossSchema = z.discriminatedUnion("name", [
  importance,
  load,
  loadExcludingSelf,
  balance,
  huggingFace,
  sequenceBalance,
  zLoss,
  localEntropy,
  globalEntropy,
  topPEntropy,
  klToUniform,
  klFromUniform,
  meanSquare,
]);

export type LossSettings = CamelCased<z.output<typeof lossSchema>>;
