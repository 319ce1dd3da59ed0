/** What docs/limoe.md compares, as settings over a recipe. */

export interface Variant {
  /** Name of its folder. */
  readonly id: string;
  readonly title: string;
  /** As arguments of `moesaic train`. */
  readonly settings: readonly string[];
}

const tokenOrder = "model.moe.dispatch.priority=token";

/** Names of the losses that a variant keeps of the recipe's; none for no loss at all. */
const classic = ["importance", "load", "z"];

/** The losses and the priority that keep text from being dropped, from none to the recipe as it is. */
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
