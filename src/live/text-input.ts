/** Tokenises texts for a model, and reports problems with them. */
import { tokenRows } from "../data/batches/token-rows.ts";
import type { Tokenizer } from "../data/tokenizers/index.ts";
import { tokenTexts } from "../evaluate/generate/prompt.ts";
import type { NdArray } from "../graph/array.ts";
import { UserError } from "../graph/errors.ts";

/** Maximum length of a text, characters. */
const MAX_CHARACTERS = 100_000;

/** One text as ids `[1, L]` and length `[1]`. */
export interface TextInput {
  readonly ids: NdArray<"int64">;
  readonly lengths: NdArray<"int64">;
  /** Display text of each token before the padding. */
  readonly tokens: readonly string[];
  /** Notes on truncated, unknown or empty text, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Tokenises one text as the run's evaluation does: truncated or padded to `contextLength` tokens.
 *
 * @throws UserError if the text is too long
 */
export function readText(tokenizer: Tokenizer, text: string, contextLength: number): TextInput {
  checkText(text);
  const { tokens: ids, lengths } = tokenRows(tokenizer, [text], contextLength);
  const shown = Array.from(ids.data.subarray(0, Number(lengths.data[0])), Number);
  const { length } = tokenizer.encode(text);
  const notes = [
    ...(length > contextLength
      ? [`the text has ${length} tokens and the model reads ${contextLength}; the rest is ignored`]
      : []),
    ...(text.trim() === "" ? ["the text has no words; the model's output is not meaningful"] : []),
    ...(text.trim() === "" ? [] : noteUnknown(tokenizer, shown)),
  ];
  return { ids, lengths, tokens: tokenTexts(tokenizer, shown), notes };
}

/** Notes how many tokens are unknown to the model. */
export function noteUnknown({ unknownId }: Tokenizer, ids: readonly number[]): string[] {
  const count = unknownId === undefined ? 0 : ids.filter((id) => id === unknownId).length;
  if (count === 0) return [];
  const what = count === 1 ? "one token is" : `${count} tokens are`;
  return [`${what} not in the model's vocabulary`];
}

/** @throws UserError if the text is too long */
export function checkText(text: string): void {
  if (typeof text === "string" && text.length <= MAX_CHARACTERS) return;
  throw new UserError(
    `the text has ${text.length} characters; the limit is ${MAX_CHARACTERS}; shorten it`,
  );
}
