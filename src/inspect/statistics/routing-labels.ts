/** Sums of expert assignments per class, domain and attribute value. */

import type { LabelRouting } from "../types/routing.ts";
import { association } from "./contingency.ts";
import type { RoutedToken } from "./routing-sums.ts";

/** A value: its name, or its index in a known list of names. */
export type LabelValue = string | number;

interface Row {
  /** Assignments. */
  readonly load: number[]; // [E]
  /** Sums of probabilities. */
  readonly importance: number[]; // [E]
}

/** Sums by the values of one label. */
export interface LabelSums {
  add(value: LabelValue, token: RoutedToken): void;
  /** The table of assignments, or of summed probabilities. */
  routing(counted: keyof Row): LabelRouting;
}

/**
 * Creates empty sums.
 *
 * @param label such as `class`
 * @param known names of the values by index; values given by name are sorted by name
 */
export function labelSums(
  label: string,
  numExperts: number,
  known: readonly string[] = [],
): LabelSums {
  const rows = new Map<LabelValue, Row>();
  const row = (value: LabelValue): Row => {
    const found = rows.get(value) ?? { load: zeros(numExperts), importance: zeros(numExperts) };
    rows.set(value, found);
    return found;
  };
  for (const index of known.keys()) row(index);
  return {
    add(value, { ids, probabilities }) {
      const { load, importance } = row(value);
      for (const expert of ids) load[expert]! += 1;
      for (const [expert, p] of probabilities.entries()) importance[expert]! += p;
    },
    routing(counted) {
      const keys = [...rows.keys()].sort(byNumberThenName);
      return labelRouting(
        label,
        keys.map((key) => (typeof key === "string" ? key : (known[key] ?? String(key)))),
        keys.map((key) => rows.get(key)![counted]),
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
