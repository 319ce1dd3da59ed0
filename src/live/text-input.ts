/** From texts to what a model sees, and what to say of them. */
import { tokenRows } from "../data/batches/token-rows.ts";
import type { Tokenizer } from "../data/tokenizers/index.ts";
import { tokenTexts } from "../evaluate/generate/prompt.ts";
import type { NdArray } from "../graph/array.ts";
import { UserError } from "../graph/errors.ts";

/** Longer texts are refused. */
const MAX_CHARACTERS = 100_000;

/** One text as ids `[1, L]` and length `[1]`. */
export interface TextInput {
  readonly ids: NdArray<"int64">;
  readonly lengths: NdArray<"int64">;
  /** Those before the padding, as people read them. */
  readonly tokens: readonly string[];
  /** What was cut, unknown or empty, in one sentence each. */
  readonly notes: readonly string[];
}

/** Reads one text as a run's evaluation does: cut or padded to `contextLength` tokens. */
export function readText(tokenizer: Tokenizer, text: string, contextLength: number): TextInput {
  checkText(text);
  const { tokens: ids, lengths } = tokenRows(tokenizer, [text], contextLength);
  const shown = Array.from(ids.data.subarray(0, Number(lengths.data[0])), Number);
  const { length } = tokenizer.encode(text);
  const notes = [
    ...(length > contextLength
      ? [`the text has ${length} tokens and the model reads ${contextLength}; the rest was cut`]
      : []),
    ...(text.trim() === "" ? ["the text has no words; what the model says of it says little"] : []),
    ...(text.trim() === "" ? [] : noteUnknown(tokenizer, shown)),
  ];
  return { ids, lengths, tokens: tokenTexts(tokenizer, shown), notes };
}

/** Says how many tokens stand for something that the model does not know. */
export function noteUnknown({ unknownId }: Tokenizer, ids: readonly number[]): string[] {
  const count = unknownId === undefined ? 0 : ids.filter((id) => id === unknownId).length;
  if (count === 0) return [];
  const what = count === 1 ? "one token is" : `${count} tokens are`;
  return [`${what} not in the model's vocabulary`];
}

/** @throws UserError for a text that is too long */
export function checkText(text: string): void {
  if (typeof text === "string" && text.length <= MAX_CHARACTERS) return;
  throw new UserError(
    `the text has ${text.length} characters, more than ${MAX_CHARACTERS}; shorten it`,
  );
}
