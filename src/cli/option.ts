/** Options of commands: their help, and how their text becomes a value. */
import { usageError } from "../graph/errors.ts";

/**
 * Reads the text after a flag such as `--seed`.
 *
 * @throws UserError (exit code 2) if the text is not valid
 */
export type Parse<T> = (text: string, flag: string) => T;

/** An option without a value: `--name`, `--no-name`, or both. */
export interface Switch<T = unknown> {
  /** Help of `--name`. */
  readonly on?: string;
  /** Help of `--no-name`. */
  readonly off?: string;
  /** Value if it is not given. */
  readonly fallback: T;
}

/** An option with a value: `--name <value>`. */
export interface ValueOption<T = unknown> {
  readonly help: string;
  /** Name of the value in help, such as `<count>`; `<name...>` takes several at once. */
  readonly value: string;
  readonly parse: Parse<unknown>;
  /** Value if it is not given. */
  readonly fallback: T;
  readonly required: boolean;
  /** Whether all values are kept if the option is repeated, rather than the last. */
  readonly many: boolean;
  /** Another accepted spelling, such as `--beam`, which help does not list. */
  readonly alias?: string;
}

/** The options of a command by their camelCase names: `maxNewTokens` is `--max-new-tokens`. */
export type Options = Readonly<Record<string, Switch | ValueOption>>;

/** What an action receives for `options`. */
export type Values<O extends Options> = {
  readonly [Key in keyof O]: O[Key] extends { readonly fallback: infer T } ? T : never;
};

/** `--name`, false by default. */
export function flag(help: string): Switch<boolean> {
  return { on: help, fallback: false };
}

/** `--no-name`; the value of `name` is true by default. */
export function flagOff(help: string): Switch<boolean> {
  return { off: help, fallback: true };
}

/** `--name` and `--no-name`, undefined by default. */
export function flagPair(on: string, off: string): Switch<boolean | undefined> {
  return { on, off, fallback: undefined };
}

interface Settings<T> {
  readonly default?: T;
  readonly required?: true;
  readonly many?: true;
  readonly alias?: string;
}

type Parsed<T, S> = S extends { readonly many: true } ? readonly T[] : T;
type Given<T, S> = S extends { readonly required: true } | { readonly default: unknown }
  ? Parsed<T, S>
  : Parsed<T, S> | undefined;

/**
 * `--name <value>`.
 *
 * @param value its name in help, such as `<count>`
 * @example
 * const options = { topK: option("<count>", "sample from this many most probable tokens", whole(1)) };
 * type Given = Values<typeof options>; // { readonly topK: number | undefined }
 */
export function option<T, const S extends Settings<NoInfer<T>> = Record<never, never>>(
  value: string,
  help: string,
  parse: Parse<T>,
  settings?: S,
): ValueOption<Given<T, S>> {
  const { default: fallback, required = false, many = false, alias } = settings ?? ({} as S);
  return {
    help,
    value,
    parse,
    fallback: fallback as Given<T, S>,
    required,
    many,
    ...(alias !== undefined && { alias }),
  };
}

/** `--top-k` of `topK`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Any text. */
export function text(given: string): string {
  return given;
}

/**
 * A whole number from `least` to `most`.
 *
 * @throws UserError (exit code 2), when parsing, for other text or a number out of range
 */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): Parse<number> {
  const range = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `>= ${least}`;
  return (given, flag) => {
    const value = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw usageError(`${flag} takes a whole number ${range}, got "${given}"`);
  };
}

/**
 * A finite number, of `least` or more, from `least` to `most`, or above `above`.
 *
 * @throws UserError (exit code 2), when parsing, for other text or a number out of range
 */
export function number({
  least = -Infinity,
  most = Infinity,
  above = -Infinity,
}: {
  least?: number;
  most?: number;
  above?: number;
} = {}): Parse<number> {
  const lower = above > least ? ` above ${above}` : least > -Infinity ? ` >= ${least}` : "";
  const range = most < Infinity ? ` from ${least} to ${most}` : lower;
  return (given, flag) => {
    const value = given.trim() === "" ? Number.NaN : Number(given);
    const inRange = value >= least && value <= most && value > above;
    if (Number.isFinite(value) && inRange) return value;
    throw usageError(`${flag} takes a number${range}, got "${given}"`);
  };
}

/**
 * One of some words.
 *
 * @throws UserError (exit code 2), when parsing, for any other word
 */
export function choice<const Word extends string>(...words: readonly Word[]): Parse<Word> {
  const listed = `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
  return (given, flag) => {
    const found = words.find((word) => word === given);
    if (found !== undefined) return found;
    throw usageError(`${flag} takes ${listed}, got "${given}"`);
  };
}

/** Comma-separated words without duplicates. */
export function words(given: string): readonly string[] {
  return [...new Set(given.split(",").map((word) => word.trim()))].filter(Boolean);
}
