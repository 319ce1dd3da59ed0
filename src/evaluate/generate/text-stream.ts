/** The text of a growing sequence, as far as it is certain. */
import { usageError } from "../../graph/errors.ts";

export interface TextOptions {
  /** Turns tokens into text; without it `text` stays empty. */
  readonly decode?: (ids: readonly number[]) => string;
  /** Texts that end a sequence, and are left out of its text. They need `decode`. Default none. */
  readonly stopTexts?: readonly string[];
}

export interface Continuation {
  /** Up to the first stop text. */
  readonly text: string;
  /** Whether there is a stop text. */
  readonly stopped: boolean;
}

/** @throws UserError (exit code 2) for stop texts that are empty or cannot be looked for */
export function checkTextOptions({ decode, stopTexts = [] }: TextOptions): void {
  if (stopTexts.length === 0) return;
  if (decode === undefined) throw usageError("stop texts need decode");
  if (stopTexts.includes("")) {
    throw usageError("a stop text needs at least one character");
  }
}

/** What new tokens add to the text of a prompt. */
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
 * The continuation of a prompt piece by piece. What may still change waits: half a character (a
 * replacement character at the end) for its rest, the beginning of a stop text for what follows.
 */
export function textStream(prompt: readonly number[], options: TextOptions) {
  const ids: number[] = [];
  let shown = "";
  return {
    /** Adds tokens and gives the text that has become certain. */
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
