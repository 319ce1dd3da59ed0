/** Converts between texts and the tokens of a model. */
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { usageError } from "../../graph/errors.ts";

/**
 * The tokens of a prompt, with the vocabulary's start token and without its end token.
 *
 * @throws UserError (exit code 2) if the text has no tokens or contains unknown symbols
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

/** The tokens of an empty prompt: the start token, if the vocabulary has one. */
export function firstTokens({ startId }: Tokenizer): number[] {
  return startId === undefined ? [] : [startId];
}

/** Display text of each token; special tokens are `<pad>`, `<unknown>`, `<start>`, `<end>`. */
export function tokenTexts(tokenizer: Tokenizer, ids: Iterable<number>): string[] {
  return Array.from(ids, (id) => tokenizer.decode([id], { skipSpecial: false }));
}
