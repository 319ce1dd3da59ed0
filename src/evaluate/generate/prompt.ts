/** Between the texts of people and the tokens of a model. */
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { usageError } from "../../graph/errors.ts";

/**
 * The tokens of a text that is to be continued: with the start token of the vocabulary, without its
 * end token.
 *
 * @throws UserError (exit code 2) for a text without tokens, or with symbols that are unknown
 * @example
 * promptTokens(createTokenizer(learnTokenizer("character", ["to be"])), "to"); // [4, 3]
 */
export function promptTokens(tokenizer: Tokenizer, text: string): number[] {
  const ids = tokenizer.encode(text);
  if (tokenizer.endId !== undefined && ids.at(-1) === tokenizer.endId) ids.pop();
  if (ids.length > 0) return ids;
  throw usageError(
    `the prompt ${JSON.stringify(text)} has no tokens; give at least one character, such as a line break`,
  );
}

/** What a text begins with before there is any of it: the start token, where the vocabulary has one. */
export function firstTokens({ startId }: Tokenizer): number[] {
  return startId === undefined ? [] : [startId];
}

/** Tokens one by one as people read them; special ones as `<pad>`, `<unknown>`, `<start>`, `<end>`. */
export function tokenTexts(tokenizer: Tokenizer, ids: Iterable<number>): string[] {
  return Array.from(ids, (id) => tokenizer.decode([id], { skipSpecial: false }));
}
