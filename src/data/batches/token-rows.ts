import { allocate, type NdArray } from "../../graph/array.ts";
import { UserError, usageError } from "../../graph/errors.ts";
import { encodeFixed, type FixedTokens, type Tokenizer } from "../tokenizers/index.ts";

/**
 * Texts as ids: `tokens` `[B, L]`, padded at the end, and `lengths` `[B]`, the tokens before the padding.
 *
 * @param placeOf names the source of a row's text, for messages
 */
export function tokenRows(
  tokenizer: Tokenizer,
  texts: readonly string[],
  contextLength: number,
  placeOf?: (row: number) => string,
): { tokens: NdArray<"int64">; lengths: NdArray<"int64"> } {
  const tokens = allocate("int64", [texts.length, contextLength]);
  const lengths = allocate("int64", [texts.length]);
  for (const [row, text] of texts.entries()) {
    const { ids, length } = encodeRow(tokenizer, text, contextLength, () => placeOf?.(row));
    ids.forEach((id, at) => {
      tokens.data[row * contextLength + at] = BigInt(id);
    });
    lengths.data[row] = BigInt(length);
  }
  return { tokens, lengths };
}

function encodeRow(
  tokenizer: Tokenizer,
  text: string,
  contextLength: number,
  placeOf: () => string | undefined,
): FixedTokens {
  try {
    return encodeFixed(tokenizer, text, contextLength);
  } catch (cause) {
    const place = placeOf();
    if (!(cause instanceof UserError) || place === undefined) throw cause;
    const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
    throw new UserError(`${place}, ${shown}: ${cause.message}`, {
      exitCode: cause.exitCode,
      cause,
    });
  }
}

/** Characters of the text of each row of tokens, `[B]`; an unknown token counts as one. */
export function countCharacters(
  tokenizer: Tokenizer,
  { tokens, lengths }: { tokens: NdArray<"int64">; lengths: NdArray<"int64"> },
): NdArray<"int64"> {
  const counts = allocate("int64", lengths.shape);
  const contextLength = tokens.shape[1]!;
  for (const [row, length] of lengths.data.entries()) {
    const start = row * contextLength;
    const ids = Array.from(tokens.data.subarray(start, start + Number(length)), Number);
    counts.data[row] = BigInt([...tokenizer.decode(ids)].length);
  }
  return counts;
}

/**
 * The number of tokens per sample, required for text.
 *
 * @throws UserError (exit code 2) if it is missing or not above 0
 */
export function requireContextLength({
  contextLength,
}: {
  readonly contextLength?: number;
}): number {
  if (contextLength !== undefined && Number.isInteger(contextLength) && contextLength > 0) {
    return contextLength;
  }
  throw usageError(
    `text needs a context length above 0, got ${contextLength}; set data.context_length`,
  );
}

/**
 * The tokenizer, required for text.
 *
 * @throws UserError (exit code 2) if it is missing
 */
export function requireTokenizer({ tokenizer }: { readonly tokenizer?: Tokenizer }): Tokenizer {
  if (tokenizer !== undefined) return tokenizer;
  throw usageError("text needs a tokenizer; set data.tokenizer");
}
