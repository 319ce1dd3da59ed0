/** Settings of the dispatchers in the form of recipes. */
import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { renamedKeys } from "../../config/renamed-keys.ts";
import type { RouterKind } from "../routing.ts";
import { type CapacityPreset, capacityPresets } from "./compute-capacity.ts";

const presets = Object.keys(capacityPresets) as [CapacityPreset, ...CapacityPreset[]];

/** Choices without a default use the default of `computeCapacity`. */
const formula = z.strictObject({
  rounding: z.enum(["ceil", "round", "floor"]).optional(),
  multiple_of: z.int().positive().optional(),
  include_selected: z.union([z.boolean(), z.literal("after-rounding")]).optional(),
  whole_share: z.boolean().optional(),
  minimum: z.int().nonnegative().optional(),
  maximum: z.int().positive().optional(),
});

const room = {
  /** Capacity relative to a perfectly even load. */
  capacity_factor: z.number().positive().default(1.25),
  /** The factor in evaluation. Default the same; Switch has 2, V-MoE 4. */
  evaluation_capacity_factor: z.number().positive().optional(),
  /** Name of a public formula, or its choices; see `computeCapacity`. */
  formula: z.union([z.enum(presets), formula]).default({}),
};

const capacity = z
  .strictObject({
    name: z.literal("capacity"),
    ...room,
    priority: z.enum(["token", "batch"]).default("token"),
    order: z.enum(["k-major", "token-major"]).default("k-major"),
    /** Whether a token's weights are normalised: never, before dropping, or after it. */
    normalization: z.enum(["none", "before", "after"]).default("none"),
    /** Tokens that share buffers: all tokens of a batch, or of one sequence. */
    group: z.enum(["batch", "sequence"]).default("batch"),
  })
  .register(renamedKeys, { normalize: { key: "normalization" } });

const expertChoice = z.strictObject({
  name: z.literal("expert_choice"),
  ...room,
  /** Mean number of experts per token, `C E / S`. */
  capacity_factor: z.number().positive().default(1),
  /**
   * Tokens among which an expert chooses; a batch whose size is unknown in advance is split into
   * sequences.
   */
  group: z.enum(["batch", "sequence"]).default("sequence"),
});

const dropless = z.strictObject({ name: z.literal("dropless") });
const soft = z.strictObject({ name: z.literal("soft") });
const dense = z.strictObject({ name: z.literal("dense") });

/** The dispatchers and the kind of routing that each supports; the first of a kind is its default. */
export const dispatchers = [
  { name: "dropless", kind: "token-choice" },
  { name: "capacity", kind: "token-choice" },
  { name: "expert_choice", kind: "expert-choice" },
  { name: "soft", kind: "soft" },
  { name: "dense", kind: "dense" },
] as const satisfies readonly { readonly name: DispatcherName; readonly kind: RouterKind }[];

/** The `dispatch` part of a layer's settings: `name` determines the other keys. */
export const dispatchSchema = z.discriminatedUnion("name", [
  dropless,
  capacity,
  expertChoice,
  soft,
  dense,
]);

/** The token-choice dispatchers, for models with their own router. */
export const tokenDispatchSchema = z.discriminatedUnion("name", [dropless, capacity]);

/** Settings of a dispatcher in the form of recipes. */
export type DispatchInput = z.input<typeof dispatchSchema>;

/** Name of a dispatcher. */
export type DispatcherName = DispatchInput["name"];

export type DispatchSettings = CamelCased<z.output<typeof dispatchSchema>>;
export type TokenDispatchSettings = CamelCased<z.output<typeof tokenDispatchSchema>>;
