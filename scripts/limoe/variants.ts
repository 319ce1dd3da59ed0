/** The variants compared in docs/limoe.md, as settings over a recipe. */

export interface Variant {
  /** Name of the variant's folder. */
  readonly id: string;
  readonly title: string;
  /** Arguments of `moesaic train`. */
  readonly settings: readonly string[];
}

const tokenOrder = "model.moe.dispatch.priority=token";

/** Names of the recipe's losses that a variant keeps; an empty list for no loss. */
const classic = ["importance", "load", "z"];

/** The losses and the priority that prevent dropped text tokens, from none to the full recipe. */
export function ablations(losses: readonly { readonly name: string }[]): readonly Variant[] {
  const kept = losses.filter(({ name }) => classic.includes(name));
  return [
    {
      id: "none",
      title: "no auxiliary loss",
      settings: [tokenOrder, "model.moe.losses=[]"],
    },
    {
      id: "classic",
      title: "classic: importance, load, z",
      settings: [tokenOrder, `model.moe.losses=${JSON.stringify(kept)}`],
    },
    { id: "entropy", title: "classic and entropy", settings: [tokenOrder] },
    { id: "priority", title: "classic, entropy and batch priority", settings: [] },
    {
      id: "priority-only",
      title: "batch priority alone",
      settings: ["model.moe.losses=[]"],
    },
  ];
}

/** The recipe and the dense models with the same work per token. */
export const baselines: readonly Variant[] = [
  { id: "limoe", title: "LIMoE", settings: [] },
  { id: "dense", title: "dense, one tower", settings: ["model.moe_layers=none"] },
  {
    id: "two-towers",
    title: "dense, two towers",
    settings: ["model.towers=two", "model.moe_layers=none"],
  },
];
