/** Incremental text of a growing sequence. */
import { usageError } from "../../graph/errors.ts";

export interface TextOptions {
  /** Converts tokens to text; without it `text` stays empty. */
  readonly decode?: (ids: readonly number[]) => string;
  /**
   * Texts that end a sequence and are removed from its text. They require `decode`. Default: none.
   */
  readonly stopTexts?: readonly string[];
}

export interface Continuation {
  /** Text up to the first stop text. */
  readonly text: string;
  /** Whether a stop text was found. */
  readonly stopped: boolean;
}

/** @throws UserError (exit code 2) if a stop text is empty or `decode` is missing */
export function checkTextOptions({ decode, stopTexts = [] }: TextOptions): void {
  if (stopTexts.length === 0) return;
  if (decode === undefined) throw usageError("stopTexts requires decode");
  if (stopTexts.includes("")) {
    throw usageError("a stop text needs at least one character");
  }
}

/** The text that new tokens add to a prompt. */
export function continuation(
  prompt: readonly number[],
  ids: readonly number[],
  { decode, stopTexts = [] }: TextOptions,
): Continuation {
  if (decode === undefined) return { text: "", stopped: false };
  const text = decode([...prompt, ...ids]).slice(decode(prompt).length);
  const places = stopTexts.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  if (places.length === 0) return { text, stopped: false };
  return { text: text.slice(0, Math.min(...places)), stopped: true };
}

/**
 * Streams the continuation of a prompt. Text that may still change is held back: an incomplete
 * character (a trailing replacement character) and the possible start of a stop text.
 */
export function textStream(prompt: readonly number[], options: TextOptions) {
  const ids: number[] = [];
  let shown = "";
  return {
    /** Adds tokens and returns the new text that can no longer change. */
    add(more: readonly number[], isLast: boolean): Continuation {
      ids.push(...more);
      const { text, stopped } = continuation(prompt, ids, options);
      const ready = isLast || stopped ? text : certain(text, options.stopTexts ?? []);
      if (ready.length <= shown.length) return { text: "", stopped };
      const added = ready.slice(shown.length);
      shown = ready;
      return { text: added, stopped };
    },
  };
}

function certain(text: string, stopTexts: readonly string[]): string {
  const whole = text.replace(/\uFFFD+$/, "");
  const longest = Math.max(0, ...stopTexts.map((stop) => stop.length - 1));
  for (let size = Math.min(longest, whole.length); size > 0; size--) {
    const end = whole.slice(-size);
    if (stopTexts.some((stop) => stop.startsWith(end))) return whole.slice(0, -size);
  }
  return whole;
}
