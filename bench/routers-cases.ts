/** The routing methods that `routers` times, each with about as many rows as top-2 if possible. */

import type * as z from "zod";
import type { moeSchema } from "../src/moe/config.ts";

type MoeInput = NonNullable<z.input<typeof moeSchema>>;

export interface RoutedCase {
  readonly name: string;
  readonly experts: number;
  readonly moe: Omit<MoeInput, "num_experts">;
}

export const sizes = {
  tokens: 4096,
  /** Tokens per sequence. */
  sequence: 64,
} as const;

const counts = [8, 64] as const;
const K = 2;

/** Dense routing sends every row to every expert: with 64 experts, 32 times the work of top-2. */
const mostDense = 8;

export function routedCases(): RoutedCase[] {
  return counts.flatMap((experts) =>
    methods(experts).map(({ name, ...moe }) => ({ name, experts, moe })),
  );
}

function methods(experts: number): (RoutedCase["moe"] & { readonly name: string })[] {
  const selected = { num_selected_experts: K };
  const topK = { name: "softmax_top_k", ...selected } as const;
  return [
    { name: "top-2 dropless", router: topK },
    { name: "top-2 dropless, balance loss", router: topK, losses: [{ name: "balance" }] },
    {
      name: "top-2 capacity 1.25",
      router: topK,
      dispatch: { name: "capacity" },
    },
    {
      name: "top-2 capacity 1.25, batch priority",
      router: topK,
      dispatch: { name: "capacity", priority: "batch" },
    },
    { name: "switch", router: { name: "switch" } },
    { name: "noisy top-2", router: { name: "noisy_top_k", ...selected, init_std: 0.06 } },
    { name: "cosine top-2", router: { name: "cosine", ...selected } },
    { name: "attentive top-2", router: { name: "attentive", ...selected } },
    { name: "yuan top-2", router: { name: "yuan", ...selected } },
    { name: "loss-free bias top-2", router: { name: "loss_free_bias", ...selected } },
    {
      name: "top-p 0.5, at most 2",
      router: { name: "top_p", probability: 0.5, max_selected_experts: K },
    },
    { name: "second expert at random", router: { name: "second_expert" } },
    { name: "hash by position, top-2", router: { name: "hash", key: "position", ...selected } },
    { name: "base", router: { name: "base" } },
    {
      name: "expert choice, factor 2",
      router: { name: "expert_choice" },
      dispatch: { name: "expert_choice", capacity_factor: K },
    },
    {
      name: `soft, ${(K * sizes.sequence) / experts} slots per expert and sequence`,
      router: { name: "soft", num_slots: (K * sizes.sequence) / experts },
    },
    ...(experts <= mostDense ? [{ name: "dense", router: { name: "dense" } as const }] : []),
  ];
}
