/** The outputs that the terms of scalars add to a graph. */
import type { Tensor } from "../../graph/graph.ts";
import type { MeanWeight } from "../../losses/mean-over.ts";
import type { ScalarTerms, TermOutputs } from "./means.ts";
import type { SplitScalar, Term } from "./terms.ts";

export interface ScalarOutputs {
  readonly terms: ScalarTerms;
  /** Terms and weights by the names of their outputs, in addition to the scalars. */
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** Splits scalars, and names the outputs from which `createMeans` reads them. */
export function scalarOutputs(
  scalars: Readonly<Record<string, Tensor>>,
  split: SplitScalar,
): ScalarOutputs {
  const outputs: Record<string, Tensor> = {};
  const weights: Tensor[] = [];
  const weightOutput = (weight: MeanWeight): Pick<TermOutputs, "weight"> => {
    if (weight === "samples") return {};
    if (!weights.includes(weight)) weights.push(weight);
    const name = `weight_of_scalars:${weights.indexOf(weight)}`;
    outputs[name] = weight;
    return { weight: name };
  };
  const termOutput = (name: string, { value, weight }: Term, index: number): TermOutputs => {
    const term = `${name}:term:${index}`;
    outputs[term] = value;
    return { value: term, ...weightOutput(weight) };
  };
  // The objective, which comes first, consists of the others: errors name those.
  const parts = new Map(
    Object.entries(scalars)
      .toReversed()
      .map(([name, scalar]) => [name, split(name, scalar)]),
  );
  const terms = Object.keys(scalars).map((name): [string, TermOutputs[]] => {
    const each = parts.get(name)!;
    const [only] = each;
    if (each.length === 1) return [name, [{ value: name, ...weightOutput(only!.weight) }]];
    return [name, each.map((term, index) => termOutput(name, term, index))];
  });
  return { terms: new Map(terms), outputs };
}
