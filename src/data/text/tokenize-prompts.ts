import { allocate, type NdArray } from "../../graph/array.ts";
import { usageError } from "../../graph/errors.ts";
import { tokenRows } from "../batches/token-rows.ts";
import type { Tokenizer } from "../tokenizers/index.ts";

/** Descriptions of `C` classes with up to `L` tokens. */
export interface ClassPrompts {
  /** `[C, L]` */
  readonly ids: NdArray<"int64">;
  /** `[C]` */
  readonly lengths: NdArray<"int64">;
}

/**
 * Descriptions of all classes as ids, in rows of the longest description's length.
 *
 * @throws UserError (exit code 2) if a description does not fit into the context
 */
export function tokenizePrompts(
  texts: readonly string[],
  tokenizer: Tokenizer,
  contextLength: number,
): ClassPrompts {
  for (const text of texts) {
    const { length } = tokenizer.encode(text);
    if (length <= contextLength) continue;
    throw usageError(
      `the description "${text}" has ${length} tokens, and model.context_length is ${contextLength}; raise it, or lower model.prompt_detail`,
    );
  }
  const { tokens, lengths } = tokenRows(tokenizer, texts, contextLength);
  const longest = Math.max(...Array.from(lengths.data, Number));
  const ids = allocate("int64", [texts.length, longest]);
  for (let row = 0; row < texts.length; row++) {
    const start = row * contextLength;
    ids.data.set(tokens.data.subarray(start, start + longest), row * longest);
  }
  return { ids, lengths };
}
