/** Experts and weights of merges given as options. */
import { defined } from "../graph/defined.ts";
import { usageError } from "../graph/errors.ts";
import type { NamedExperts } from "../runs/experts/expert-edits.ts";

/**
 * `1,4`, or `blocks.0.moe=1,4` for one layer.
 *
 * @throws UserError (exit code 2) for other texts
 */
export function namedExperts(given: string, flag: string): NamedExperts {
  const [, layer, list] = /^(?:([\w.]+)=)?(\d+(?:,\d+)*)$/.exec(given) ?? [];
  if (list === undefined) {
    throw usageError(
      `${flag} takes numbers such as 1,4, or blocks.0.moe=1,4 for one layer, got "${given}"`,
    );
  }
  return { experts: list.split(",").map(Number), ...defined({ layer }) };
}

/**
 * `equal`, `load`, or a number for each expert.
 *
 * @throws UserError (exit code 2) for other texts
 */
export function mergeWeights(given: string, flag: string): "equal" | "load" | number[] {
  if (given === "equal" || given === "load") return given;
  const values = given.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const isValid = values.every((value) => Number.isFinite(value) && value >= 0);
  if (values.length > 1 && isValid) return values;
  throw usageError(
    `${flag} takes equal, load, or one number per expert such as 1,1,0.5,2, got "${given}"`,
  );
}
