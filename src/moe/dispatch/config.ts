/** Settings of the dispatchers, as recipes have them. */
import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { renamedKeys } from "../../config/renamed-keys.ts";
import type { RouterKind } from "../routing.ts";
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

const capacity = z
  .strictObject({
    name: z.literal("capacity"),
    ...room,
    priority: z.enum(["token", "batch"]).default("token"),
    order: z.enum(["k-major", "token-major"]).default("k-major"),
    /** When a token's weights are divided by their sum: never, before dropping, or after it. */
    normalization: z.enum(["none", "before", "after"]).default("none"),
    /** Tokens that share buffers: all of a batch, or of one sequence. */
    group: z.enum(["batch", "sequence"]).default("batch"),
  })
  .register(renamedKeys, { normalize: { key: "normalization" } });

const expertChoice = z.strictObject({
  name: z.literal("expert_choice"),
  ...room,
  /** Mean number of experts of a token, `C E / S`. */
  capacity_factor: z.number().positive().default(1),
  /** Tokens that an expert chooses among; a batch of a size not known in advance is cut by sequence. */
  group: z.enum(["batch", "sequence"]).default("sequence"),
});

const dropless = z.strictObject({ name: z.literal("dropless") });
const soft = z.strictObject({ name: z.literal("soft") });
const dense = z.strictObject({ name: z.literal("dense") });

/** The dispatchers, and which kind of routing each carries out; the first of a kind is its default. */
export const dispatchers = [
  { name: "dropless", kind: "token-choice" },
  { name: "capacity", kind: "token-choice" },
  { name: "expert_choice", kind: "expert-choice" },
  { name: "soft", kind: "soft" },
  { name: "dense", kind: "dense" },
] as const satisfies readonly { readonly name: DispatcherName; readonly kind: RouterKind }[];

/** The `dispatch` part of a layer's settings: `name` decides which others there are. */
export const dispatchSchema = z.discriminatedUnion("name", [
  dropless,
  capacity,
  expertChoice,
  soft,
  dense,
]);

/** The dispatchers of token choice, which models with a router of their own offer. */
export const tokenDispatchSchema = z.discriminatedUnion("name", [dropless, capacity]);

/** Settings of a dispatcher, as recipes have them. */
export type DispatchInput = z.input<typeof dispatchSchema>;

/** Name of a dispatcher. */
export type DispatcherName = DispatchInput["name"];

export type DispatchSettings = CamelCased<z.output<typeof dispatchSchema>>;
export type TokenDispatchSettings = CamelCased<z.output<typeof tokenDispatchSchema>>;
