/** What docs/routing.md compares: every routing method, and the ways to keep top-2 routing even. */

import type * as z from "zod";
import type { moeSchema } from "../../src/moe/config.ts";

type MoeInput = NonNullable<z.input<typeof moeSchema>>;

export interface Variant {
  /** Name of its folder below runs/routing. */
  readonly id: string;
  readonly title: string;
  /** What a recipe has under `model.moe`, over the base recipe. */
  readonly moe: Pick<MoeInput, "router" | "dispatch"> & { readonly losses: MoeInput["losses"] };
  /**
   * Whether the maximum violation must be below 0.5 and no expert dead; false: it must not be.
   * Left out where neither is promised: a capacity drops and does not balance, and BASE is even in
   * training and greedy in evaluation.
   */
  readonly balanced?: boolean;
}

const top2 = { name: "softmax_top_k", num_selected_experts: 2 } as const;
const selected = { num_selected_experts: 2 } as const;
const vmoe = { ...top2, normalization: "none", noise: "gaussian" } as const;
const even = { name: "balance", weight: 0.02, choices: "mean" } as const;

/** The recipe as it is: all times are relative to its step. */
export const baseId = "softmax_top_k";

/** One for each router, with the balancing that its authors use or need. */
export const methods: readonly Variant[] = [
  {
    id: baseId,
    title: "softmax top-2, balance loss",
    moe: { router: top2, losses: [even] },
    balanced: true,
  },
  {
    id: "vmoe",
    title: "V-MoE: softmax top-2 with noise, importance and load losses",
    moe: {
      router: vmoe,
      losses: [
        { name: "importance", weight: 0.05 },
        { name: "load", weight: 0.05 },
      ],
    },
    balanced: true,
  },
  {
    id: "switch",
    title: "Switch, balance loss",
    moe: { router: { name: "switch" }, losses: [{ ...even, weight: 0.05 }] },
    balanced: true,
  },
  {
    id: "noisy_top_k",
    title: "noisy top-2, importance and load losses",
    moe: {
      router: { name: "noisy_top_k", ...selected },
      losses: [
        { name: "importance", weight: 0.02, importance_of: "gates" },
        { name: "load_excluding_self", weight: 0.02 },
      ],
    },
    balanced: true,
  },
  {
    id: "second_expert",
    title: "second expert at random, balance loss",
    moe: { router: { name: "second_expert" }, losses: [even] },
    balanced: true,
  },
  {
    id: "top_p",
    title: "top-p 0.6 of at most 4, entropy and balance losses",
    moe: {
      router: { name: "top_p", probability: 0.6, max_selected_experts: 4 },
      losses: [even, { name: "top_p_entropy", weight: 0.001 }],
    },
    balanced: true,
  },
  {
    id: "cosine",
    title: "cosine top-2, balance loss",
    moe: { router: { name: "cosine", ...selected, projection_width: 64 }, losses: [even] },
    balanced: true,
  },
  {
    id: "attentive",
    title: "attentive top-2, balance loss",
    moe: { router: { name: "attentive", ...selected }, losses: [even] },
    balanced: true,
  },
  {
    id: "yuan",
    title: "Yuan's attention top-2, balance loss",
    moe: { router: { name: "yuan", ...selected }, losses: [even] },
    balanced: true,
  },
  {
    id: "loss_free_bias",
    title: "loss-free bias, top-2",
    moe: { router: { name: "loss_free_bias", ...selected, update_rate: 0.002 }, losses: [] },
    balanced: true,
  },
  {
    id: "base",
    title: "BASE",
    moe: { router: { name: "base" }, losses: [] },
  },
  {
    id: "hash",
    title: "hash by position, 2 experts",
    moe: { router: { name: "hash", key: "position", map: "modulo", ...selected }, losses: [] },
    balanced: true,
  },
  {
    id: "expert_choice",
    title: "expert choice, factor 2",
    moe: {
      router: { name: "expert_choice" },
      dispatch: { name: "expert_choice", capacity_factor: 2 },
      losses: [],
    },
    balanced: true,
  },
  {
    id: "soft",
    title: "soft slots, 2 per expert",
    moe: { router: { name: "soft", num_slots: 2 }, losses: [] },
    balanced: true,
  },
  {
    id: "dense",
    title: "dense softmax",
    moe: { router: { name: "dense" }, losses: [] },
    balanced: true,
  },
];

/** Top-2 or Switch routing with one way of balancing each, or none. */
export const balancing: readonly Variant[] = [
  { id: "none", title: "no balancing", moe: { router: top2, losses: [] }, balanced: false },
  {
    id: "switch_none",
    title: "no balancing, Switch",
    moe: { router: { name: "switch" }, losses: [] },
    balanced: false,
  },
  withLosses("balance_first", "balance, first choices (GShard)", [
    { name: "balance", weight: 0.02 },
  ]),
  withLosses("hugging_face", "balance, choices added (Hugging Face)", [
    { name: "hugging_face_balance", weight: 0.01 },
  ]),
  withLosses("sequence", "balance within sequences (DeepSeek)", [
    { name: "sequence_balance", weight: 0.02 },
  ]),
  withLosses("importance", "importance", [{ name: "importance", weight: 0.1 }]),
  withLosses("mean_square", "mean square (Diff-MoE)", [
    { name: "mean_square_balance", weight: 0.8 },
  ]),
  withLosses("kl_to_uniform", "KL to uniform", [{ name: "kl_to_uniform", weight: 0.2 }]),
  withLosses("kl_from_uniform", "KL from uniform", [{ name: "kl_from_uniform", weight: 0.2 }]),
  withLosses("global_entropy", "global entropy (LIMoE)", [{ name: "global_entropy", weight: 0.2 }]),
  withLosses("z", "balance and z-loss", [even, { name: "z", weight: 0.001 }]),
  {
    id: "capacity",
    title: "capacity 1.25, balance loss",
    moe: { router: top2, dispatch: { name: "capacity" }, losses: [even] },
    balanced: true,
  },
  {
    id: "batch_priority",
    title: "capacity 1.25 with batch priority, balance loss",
    moe: { router: top2, dispatch: { name: "capacity", priority: "batch" }, losses: [even] },
    balanced: true,
  },
  {
    id: "capacity_alone",
    title: "capacity 1.25 with batch priority, no loss",
    moe: { router: top2, dispatch: { name: "capacity", priority: "batch" }, losses: [] },
  },
];

function withLosses(id: string, title: string, losses: MoeInput["losses"]): Variant {
  return { id, title, moe: { router: top2, losses }, balanced: true };
}

/** The arguments that make a recipe this variant. */
export function overridesOf({ moe }: Variant): string[] {
  return Object.entries(moe).map(([key, value]) => `model.moe.${key}=${JSON.stringify(value)}`);
}
