/** Tables that say where each parameter of a model lies in a checkpoint. */
import type { Join } from "./steps/joins.ts";
import type { PartStep } from "./steps/parts.ts";

/**
 * Stored tensors, how they are joined, and the steps to a parameter. In names, `{i}` is the block and
 * `{e}` the expert of the parameter.
 */
export interface Source {
  readonly names: readonly string[];
  readonly join: Join;
  readonly steps: readonly PartStep[];
}

/** Where the parameters with a name like `to` may lie, the usual layout first. */
export interface NameRule {
  readonly to: string;
  readonly from: readonly Source[];
}

/** A parameter's numbers in place of `{i}` and `{e}`. */
export interface Place {
  readonly block: number;
  readonly expert: number;
}

/** A row of a table: a parameter, and the tensors that it may come from. */
export function rule(to: string, ...from: readonly (string | Source)[]): NameRule {
  return { to, from: from.map((source) => (typeof source === "string" ? part(source) : source)) };
}

/** A part of a stored tensor. */
export function part(name: string, ...steps: readonly PartStep[]): Source {
  return { names: [name], join: "one", steps };
}

/** A part of several stored tensors. */
export function joined(
  join: Join,
  names: readonly string[],
  ...steps: readonly PartStep[]
): Source {
  return { names, join, steps };
}

/** The name of a stored tensor at a place. */
export function stored(name: string, { block, expert }: Place): string {
  return name.replace("{i}", String(block)).replace("{e}", String(expert));
}

/** The rule of a parameter, with its block and expert, or undefined. */
export function ruleOf(
  parameter: string,
  rules: readonly NameRule[],
): { readonly rule: NameRule; readonly place: Place } | undefined {
  for (const rule of rules) {
    const pattern = rule.to
      .replaceAll(".", "\\.")
      .replace("{i}", "(?<block>\\d+)")
      .replace("{e}", "(?<expert>\\d+)");
    const match = new RegExp(`^${pattern}$`).exec(parameter);
    if (match === null) continue;
    const { block = "0", expert = "0" } = match.groups ?? {};
    return { rule, place: { block: Number(block), expert: Number(expert) } };
  }
  return undefined;
}
