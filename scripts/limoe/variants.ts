/** What docs/limoe.md compares: the losses and the priority that keep text from being dropped. */

export interface Ablation {
  /** Name of its folder below runs/limoe. */
  readonly id: string;
  readonly title: string;
  /** Settings over the recipe, as arguments of `moesaic train`. */
  readonly settings: readonly string[];
}

const tokenOrder = "model.moe.dispatch.priority=token";

/** Names of the losses that a variant keeps of the recipe's; none for no loss at all. */
const classic = ["importance", "load", "z"];

/** The rows of the table, from nothing to the recipe as it is. */
export function ablations(losses: readonly { readonly name: string }[]): readonly Ablation[] {
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
