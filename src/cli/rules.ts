/** Combinations of options that a command refuses. */
import { usageError } from "../graph/errors.ts";
import { flagOf } from "./option.ts";

/** A combination that is refused: returns the message, or undefined if the options are fine. */
export interface Rule<Key extends string = string> {
  /** The options that the rule reads. */
  readonly options: readonly Key[];
  /** @param isGiven whether the user gave an option, rather than its default */
  check(isGiven: (key: Key) => boolean): string | undefined;
}

/**
 * Refuses `option` together with any of `others`.
 *
 * @example
 * conflicts("beams", ["seed"], "beam search does not sample")
 * // --beams cannot be combined with --seed: beam search does not sample
 */
export function conflicts<const Key extends string>(
  option: Key,
  others: readonly Key[],
  reason: string,
): Rule<Key> {
  return {
    options: [option, ...others],
    check(isGiven) {
      const other = isGiven(option) ? others.find(isGiven) : undefined;
      if (other === undefined) return undefined;
      return `${flagOf(option)} cannot be combined with ${flagOf(other)}: ${reason}`;
    },
  };
}

/** Refuses any of `options` without `needed`. */
export function requires<const Key extends string>(
  options: readonly Key[],
  needed: Key,
  reason: string,
): Rule<Key> {
  return {
    options: [...options, needed],
    check(isGiven) {
      const found = isGiven(needed) ? undefined : options.find(isGiven);
      return found && `${flagOf(found)} requires ${flagOf(needed)}: ${reason}`;
    },
  };
}

/** Refuses anything but exactly one of `options`. */
export function exactlyOne<const Key extends string>(options: readonly Key[]): Rule<Key> {
  return {
    options,
    check(isGiven) {
      if (options.filter(isGiven).length === 1) return undefined;
      const flags = options.map(flagOf);
      return `exactly one of ${flags.slice(0, -1).join(", ")} and ${flags.at(-1)} is required`;
    },
  };
}

/** @throws UserError (exit code 2) for the first rule that the options break */
export function checkRules(rules: readonly Rule[], isGiven: (key: string) => boolean): void {
  for (const rule of rules) {
    const message = rule.check(isGiven);
    if (message !== undefined) throw usageError(message);
  }
}
