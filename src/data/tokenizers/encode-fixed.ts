import type { Tokenizer } from "./tokenizer.ts";

/** Texts as rows of ids with a fixed length. */
export interface FixedTokens {
  /** `[length]`, with padding after the text. */
  readonly ids: Int32Array;
  /** Number of tokens before the padding, at least 1. */
  readonly length: number;
  /** True if the text was longer than the row. */
  readonly cut: boolean;
}

/**
 * A text as a row of `length` ids: truncated or padded; a truncated text still ends with the end token.
 *
 * A text without tokens, such as an empty text without start and end, becomes one unknown token, or
 * one pad if there is no unknown token, so that a model always has a token to read.
 *
 * @throws RangeError if the length is below 1
 *
 * @example
 * encodeFixed(clip, "a dog", 6).ids; // 49406, 320, 1929, 49407, 0, 0
 */
export function encodeFixed(tokenizer: Tokenizer, text: string, length: number): FixedTokens {
  const { padId, unknownId = padId, endId } = tokenizer;
  if (!Number.isInteger(length) || length < 1) {
    throw new RangeError(`a row of tokens needs a length of at least 1, got ${length}`);
  }
  const tokens = tokenizer.encode(text);
  if (tokens.length === 0) tokens.push(unknownId);
  const cut = tokens.length > length;
  const ids = new Int32Array(length).fill(padId);
  ids.set(cut ? tokens.slice(0, length) : tokens);
  if (cut && endId !== undefined) ids[length - 1] = endId;
  return { ids, length: Math.min(tokens.length, length), cut };
}
