/** The comparison of docs/routing.md: every routing method, and the ways to keep top-2 routing even. */

import type { MoeInput } from "../../src/moe/config.ts";
import { auxiliaryLosses } from "../../src/moe/losses/index.ts";
import type { RouterDefinition } from "../../src/moe/routers/define.ts";
import { routers } from "../../src/moe/routers/index.ts";
import { evenLoss } from "../../src/moe/routers/settings.ts";

export interface Variant {
  /** Name of the variant's folder below runs/routing. */
  readonly id: string;
  readonly title: string;
  /** The part of a recipe under `model.moe` that replaces the same part of the base recipe. */
  readonly moe: Pick<MoeInput, "router" | "dispatch"> & { readonly losses: MoeInput["losses"] };
  /**
   * Expected result: if true, the maximum violation is below 0.5 and no expert is dead; if false, the
   * opposite. Left out if neither is expected: a capacity drops but does not balance, and BASE is even
   * in training but greedy in evaluation.
   */
  readonly balanced?: boolean;
}

/** The routers on the page; others have no variants to train. */
export function documentedRouters(): RouterDefinition[] {
  return routers.list().filter(({ examples: { variants = [] } }) => variants.length > 0);
}

/** The unchanged recipe; all times are relative to its step. */
export const baseId = "softmax_top_k";

/** The variants of each router, with the balancing that its authors use or that it needs. */
export const methods: readonly Variant[] = documentedRouters().flatMap(({ name, examples }) =>
  examples.variants!.map(({ id = name, title, settings, losses = [], dispatch, balanced }) => ({
    ...{ id, title },
    moe: {
      router: { name, ...settings } as MoeInput["router"],
      losses: [...losses],
      ...(dispatch && { dispatch }),
    },
    ...(balanced !== undefined && { balanced }),
  })),
);

const top2 = { name: "softmax_top_k", num_selected_experts: 2 } as const;

/** The variants of each loss, for top-2 routing. */
const byLoss: readonly Variant[] = auxiliaryLosses.list().flatMap(({ name, variants = [] }) =>
  variants.map(({ id = name, title, settings, beside = [] }) => ({
    ...{ id, title },
    moe: { router: top2, losses: [...beside, { name, ...settings }] as MoeInput["losses"] },
    balanced: true,
  })),
);

/** Top-2 or Switch routing, each with one way of balancing or none. */
export const balancing: readonly Variant[] = [
  { id: "none", title: "no balancing", moe: { router: top2, losses: [] }, balanced: false },
  {
    id: "switch_none",
    title: "no balancing, Switch",
    moe: { router: { name: "switch" }, losses: [] },
    balanced: false,
  },
  ...byLoss,
  {
    id: "capacity",
    title: "capacity 1.25, balance loss",
    moe: { router: top2, dispatch: { name: "capacity" }, losses: [evenLoss] },
    balanced: true,
  },
  {
    id: "batch_priority",
    title: "capacity 1.25 with batch priority, balance loss",
    moe: { router: top2, dispatch: { name: "capacity", priority: "batch" }, losses: [evenLoss] },
    balanced: true,
  },
  {
    id: "capacity_alone",
    title: "capacity 1.25 with batch priority, no loss",
    moe: { router: top2, dispatch: { name: "capacity", priority: "batch" }, losses: [] },
  },
];

/** The arguments that turn a recipe into this variant. */
export function overridesOf({ moe }: Variant): string[] {
  return Object.entries(moe).map(([key, value]) => `model.moe.${key}=${JSON.stringify(value)}`);
}
