/** Settings of the dispatchers in the form of recipes. */
import * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { renamedKeys } from "../../config/renamed-keys.ts";
import type { RouterKind } from "../routing.ts";
import { type CapacityPreset, capacityPresets } from "./compute-capacity.ts";

const presets = Object.keys(capacityPresets) as [CapacityPreset, ...CapacityPreset[]];

/** Choices without a default use the default of `computeCapacity`. */
const formula = z.strictObject({
  rounding: z
    .enum(["ceil", "round", "floor"])
    .optional()
    .describe("How a capacity that is not whole is rounded; default ceil."),
  multiple_of: z
    .int()
    .positive()
    .optional()
    .describe("The capacity is rounded up to a multiple of this number; default 1."),
  include_selected: z
    .union([z.boolean(), z.literal("after-rounding")])
    .optional()
    .describe(
      "Whether the number of selected experts is a factor: before rounding (true, the default), after it, or not at all.",
    ),
  whole_share: z
    .boolean()
    .optional()
    .describe("Whether the even share is rounded up before anything else; default false."),
  minimum: z.int().nonnegative().optional().describe("Lowest capacity of an expert, tokens."),
  maximum: z.int().positive().optional().describe("Highest capacity of an expert, tokens."),
});

const room = {
  capacity_factor: z
    .number()
    .positive()
    .default(1.25)
    .describe("Capacity relative to a perfectly even load."),
  evaluation_capacity_factor: z
    .number()
    .positive()
    .optional()
    .describe("The factor in evaluation; by default the same. Switch has 2, V-MoE 4."),
  formula: z
    .union([z.enum(presets), formula])
    .default({})
    .describe("Formula of the capacity: the name of a public one, or its choices."),
};

const capacity = z
  .strictObject({
    name: z.literal("capacity").describe("Name of the dispatcher."),
    ...room,
    priority: z
      .enum(["token", "batch"])
      .default("token")
      .describe(
        "Which tokens come first in full buffers: those in front, or those with the largest weights of the batch.",
      ),
    order: z
      .enum(["k-major", "token-major"])
      .default("k-major")
      .describe(
        "Whether all first choices come before all second ones, or a token's choices stay together.",
      ),
    normalization: z
      .enum(["none", "before", "after"])
      .default("none")
      .describe("Whether a token's weights are normalised: never, before dropping, or after it."),
    group: z
      .enum(["batch", "sequence"])
      .default("batch")
      .describe("Tokens that share buffers: all tokens of a batch, or of one sequence."),
  })
  .register(renamedKeys, { normalize: { key: "normalization" } });

const expertChoice = z.strictObject({
  name: z.literal("expert_choice").describe("Name of the dispatcher."),
  ...room,
  capacity_factor: z
    .number()
    .positive()
    .default(1)
    .describe("Mean number of experts per token, `C E / S`."),
  group: z
    .enum(["batch", "sequence"])
    .default("sequence")
    .describe(
      "Tokens among which an expert chooses; a batch whose size is unknown in advance is split into sequences.",
    ),
});

const dropless = z.strictObject({
  name: z.literal("dropless").describe("Name of the dispatcher."),
});
const soft = z.strictObject({ name: z.literal("soft").describe("Name of the dispatcher.") });
const dense = z.strictObject({ name: z.literal("dense").describe("Name of the dispatcher.") });

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
