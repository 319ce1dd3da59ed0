/** Sums up which experts the tokens of classes, domains and attributes go to. */

import type { LabelRouting } from "../types/routing.ts";
import { association } from "./contingency.ts";
import type { RoutedToken } from "./routing-sums.ts";

/** A value by its name, or by its place in a list that is known beforehand. */
export type LabelValue = string | number;

interface Row {
  readonly choices: number[]; // [E]
  readonly gates: number[]; // [E]
}

/** Sums by the values of one label. */
export interface LabelSums {
  add(value: LabelValue, token: RoutedToken): void;
  /** @param gates whether gates are told rather than choices */
  routing(gates: boolean): LabelRouting;
}

/**
 * Sums of no token.
 *
 * @param label such as `class`
 * @param known the values in order, as far as there are numbers for them; others are sorted by name
 */
export function labelSums(
  label: string,
  numExperts: number,
  known: readonly string[] = [],
): LabelSums {
  const rows = new Map<LabelValue, Row>();
  const row = (value: LabelValue): Row => {
    const found = rows.get(value) ?? { choices: zeros(numExperts), gates: zeros(numExperts) };
    rows.set(value, found);
    return found;
  };
  for (const index of known.keys()) row(index);
  return {
    add(value, { experts, probabilities }) {
      const { choices, gates } = row(value);
      for (const expert of experts) choices[expert]! += 1;
      for (const [expert, p] of probabilities.entries()) gates[expert]! += p;
    },
    routing(gates) {
      const keys = [...rows.keys()].sort(byNumberThenName);
      return labelRouting(
        label,
        keys.map((key) => (typeof key === "string" ? key : (known[key] ?? String(key)))),
        keys.map((key) => rows.get(key)![gates ? "gates" : "choices"]),
      );
    },
  };
}

/** A table of values and experts with its measures of association. */
export function labelRouting(
  label: string,
  values: readonly string[],
  counts: readonly (readonly number[])[],
): LabelRouting {
  return { label, values, counts, association: association(counts) };
}

function byNumberThenName(a: LabelValue, b: LabelValue): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === typeof b) return a < b ? -1 : 1;
  return typeof a === "number" ? -1 : 1;
}

function zeros(length: number): number[] {
  return Array<number>(length).fill(0);
}
