/** Feeding growing sequences to a model that sees a limited number of tokens. */
import { usageError } from "../../graph/errors.ts";
import { roomForTokens } from "../../models/language-model.ts";
import type { Decoder } from "./decoder.ts";
import type { PrefixRows } from "./decoder-session.ts";
import type { DecoderState } from "./decoder-state.ts";

export interface WindowOptions {
  /** What the sequences begin with, where the model needs that; one row each, or one for all. */
  readonly prefix?: PrefixRows;
  /**
   * Tokens that stay when a sequence outgrows the context: the last so many are read anew, from
   * position 0 on. Default: the whole context length, so that every further token reads a full window
   * (as makeMoE does); half of it makes that rare, and what is generated depends on less text. Without
   * effect after a prefix, where sequences end with the context.
   */
  readonly keepTokens?: number;
  /** Default true. False reads the whole window for every token: the same result, slower. */
  readonly useCache?: boolean;
}

/** Sequences of any length over a decoder. */
export interface Reader {
  readonly state: DecoderState;
  /** Reads what is new of sequences that were begun or have grown by one token. */
  read(sequences: readonly (readonly number[] | undefined)[]): Promise<void>;
  /** Lets sequence `r` go on from what `sources[r]` holds now. */
  reorder(sources: readonly number[]): void;
}

/**
 * Opens sequences; the caller disposes of `state`.
 *
 * @throws UserError (exit code 2) for a window that does not fit the context
 */
export function openReader(
  decoder: Decoder,
  numSequences: number,
  { prefix, keepTokens, useCache = true }: WindowOptions = {},
): Reader {
  const room = roomForTokens(decoder.model);
  const keep = keepTokens ?? room;
  if (!(Number.isInteger(keep) && keep >= 1 && keep <= room)) {
    throw usageError(
      `keep_tokens must be a whole number from 1 to the context length ${room}, got ${keep}`,
    );
  }
  const state = decoder.open(numSequences, prefix);
  let starts: number[] = Array(numSequences).fill(0);
  return {
    state,
    async read(sequences) {
      const next: (number | undefined)[] = [];
      const whole: (readonly number[] | undefined)[] = [];
      for (const [r, tokens] of sequences.entries()) {
        if (tokens === undefined) continue;
        const outgrown = tokens.length - starts[r]! > room;
        if (outgrown) starts[r] = tokens.length - keep;
        const known = state.length(r);
        const grown = known !== undefined && tokens.length - starts[r]! - known === 1;
        if (useCache && !outgrown && grown) next[r] = tokens.at(-1);
        else whole[r] = tokens.slice(starts[r]);
      }
      await state.step(next);
      await state.prefill(whole);
    },
    reorder(sources) {
      state.reorder(sources);
      starts = sources.map((source) => starts[source]!);
    },
  };
}
