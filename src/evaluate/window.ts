/** Feeding growing sequences to a model that sees a limited number of tokens. */
import { UserError } from "../graph/errors.ts";
import type { Decoder } from "./decoder.ts";
import type { DecoderState } from "./decoder-state.ts";

export interface WindowOptions {
  /**
   * Tokens that stay when a sequence outgrows the context: the last so many are read anew, from
   * position 0 on. Default: the whole context length, so that every further token reads a full window
   * (as makeMoE does); half of it makes that rare, and what is generated depends on less text.
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
  { keepTokens, useCache = true }: WindowOptions = {},
): Reader {
  const { contextLength } = decoder.model;
  const keep = keepTokens ?? contextLength;
  if (!(Number.isInteger(keep) && keep >= 1 && keep <= contextLength)) {
    throw new UserError(
      `keep_tokens must be a whole number from 1 to the context length ${contextLength}, got ${keep}`,
      { exitCode: 2 },
    );
  }
  const state = decoder.open(numSequences);
  let starts: number[] = Array(numSequences).fill(0);
  return {
    state,
    async read(sequences) {
      const next: (number | undefined)[] = [];
      const whole: (readonly number[] | undefined)[] = [];
      for (const [r, tokens] of sequences.entries()) {
        if (tokens === undefined) continue;
        const outgrown = tokens.length - starts[r]! > contextLength;
        if (outgrown) starts[r] = tokens.length - keep;
        const unread = tokens.length - starts[r]! - state.length(r);
        if (useCache && !outgrown && state.length(r) > 0 && unread === 1) next[r] = tokens.at(-1);
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
