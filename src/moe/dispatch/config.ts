/** Settings of the dispatchers, as recipes have them. */
import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { type CapacityPreset, capacityPresets } from "./compute-capacity.ts";

const presets = Object.keys(capacityPresets) as [CapacityPreset, ...CapacityPreset[]];

/** Where a choice without default is left out, that of `computeCapacity` holds. */
const formula = z.strictObject({
  rounding: z.enum(["ceil", "round", "floor"]).optional(),
  multiple_of: z.int().positive().optional(),
  include_selected: z.union([z.boolean(), z.literal("after-rounding")]).optional(),
  whole_share: z.boolean().optional(),
  minimum: z.int().nonnegative().optional(),
  maximum: z.int().positive().optional(),
});

const room = {
  /** Room relative to a perfectly even load. */
  capacity_factor: z.number().positive().default(1.25),
  /** In evaluation. Default the same; Switch has 2, V-MoE 4. */
  evaluation_capacity_factor: z.number().positive().optional(),
  /** A formula of public code by its name, or its choices; see `computeCapacity`. */
  formula: z.union([z.enum(presets), formula]).default({}),
};

const capacity = z.strictObject({
  name: z.literal("capacity"),
  ...room,
  priority: z.enum(["token", "batch"]).default("token"),
  order: z.enum(["k-major", "token-major"]).default("k-major"),
  normalize: z.enum(["none", "before", "after"]).default("none"),
  /** Tokens that share buffers: those of the batch, or of one sequence. */
  group: z.enum(["batch", "sequence"]).default("batch"),
});

const expertChoice = z.strictObject({
  name: z.literal("expert_choice"),
  ...room,
  /** Mean number of experts of a token, `C E / S`. */
  capacity_factor: z.number().positive().default(1),
  /** Tokens that an expert chooses among; a batch of a size not known in advance is cut by sequence. */
  group: z.enum(["batch", "sequence"]).default("sequence"),
});

/** The settings of each dispatcher by its name. */
export const dispatchSchemas = {
  dropless: z.strictObject({ name: z.literal("dropless") }),
  capacity,
  expert_choice: expertChoice,
  soft: z.strictObject({ name: z.literal("soft") }),
  dense: z.strictObject({ name: z.literal("dense") }),
} as const;

/** Name of a dispatcher. */
export type DispatcherName = keyof typeof dispatchSchemas;

/** The `dispatch` part of a layer's settings: `name` says which of these it is. */
export const dispatchSchema = z.discriminatedUnion("name", [
  dispatchSchemas.dropless,
  capacity,
  expertChoice,
  dispatchSchemas.soft,
  dispatchSchemas.dense,
]);

/** Of the dispatchers for token choice, which models with a router of their own offer. */
export const tokenDispatchSchema = z.discriminatedUnion("name", [
  dispatchSchemas.dropless,
  capacity,
]);

export type DispatchSettings = CamelCased<z.output<typeof dispatchSchema>>;
export type TokenDispatchSettings = CamelCased<z.output<typeof tokenDispatchSchema>>;
