import { allocate, type NdArray } from "../graph/array.ts";
import { UserError } from "../graph/errors.ts";
import { encodeFixed, type Tokenizer } from "./tokenizers/index.ts";

/** Texts as ids: `tokens` `[B, L]`, padded at the end, and `lengths` `[B]`, the tokens before the pads. */
export function tokenRows(
  tokenizer: Tokenizer,
  texts: readonly string[],
  contextLength: number,
): { tokens: NdArray<"int64">; lengths: NdArray<"int64"> } {
  const tokens = allocate("int64", [texts.length, contextLength]);
  const lengths = allocate("int64", [texts.length]);
  for (const [row, text] of texts.entries()) {
    const { ids, length } = encodeFixed(tokenizer, text, contextLength);
    ids.forEach((id, at) => {
      tokens.data[row * contextLength + at] = BigInt(id);
    });
    lengths.data[row] = BigInt(length);
  }
  return { tokens, lengths };
}

/** The number of tokens of a sample, which text cannot do without. */
export function requireContextLength({
  contextLength,
}: {
  readonly contextLength?: number;
}): number {
  if (contextLength !== undefined && Number.isInteger(contextLength) && contextLength > 0) {
    return contextLength;
  }
  throw new UserError(
    `text needs a number of tokens above 0, got ${contextLength}; set data.context_length`,
    { exitCode: 2 },
  );
}

/** The tokenizer, which text cannot do without. */
export function requireTokenizer({ tokenizer }: { readonly tokenizer?: Tokenizer }): Tokenizer {
  if (tokenizer !== undefined) return tokenizer;
  throw new UserError("text needs a tokenizer; set data.tokenizer", { exitCode: 2 });
}
