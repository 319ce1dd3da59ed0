/** Sliding context window for sequences longer than a model's context. */
import { usageError } from "../../graph/errors.ts";
import { roomForTokens } from "../../models/language-model.ts";
import type { Decoder } from "./decoder.ts";
import type { PrefixRows } from "./decoder-session.ts";
import type { DecoderState } from "./decoder-state.ts";

export interface WindowOptions {
  /** Prefix of the sequences, if the model has one; one row per sequence, or one for all. */
  readonly prefix?: PrefixRows;
  /**
   * Number of last tokens kept when a sequence exceeds the context; they are read again from
   * position 0. Default: the context length, so that every further token rereads a full window (as
   * makeMoE does). Half the context makes rereading rare, but text depends on less context. It has
   * no effect after a prefix, where sequences end with the context.
   */
  readonly keepTokens?: number;
  /**
   * Whether to use the cache. Default true. False rereads the whole window per token: slower, same
   * result.
   */
  readonly useCache?: boolean;
}

/** Reads sequences of any length with a decoder. */
export interface Reader {
  readonly state: DecoderState;
  /** Reads the new tokens of sequences that are new or one token longer. */
  read(sequences: readonly (readonly number[] | undefined)[]): Promise<void>;
  /** Makes sequence `r` continue from the current state of sequence `sources[r]`. */
  reorder(sources: readonly number[]): void;
}

/**
 * Opens sequences; the caller disposes of `state`.
 *
 * @throws UserError (exit code 2) if `keepTokens` does not fit the context
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
