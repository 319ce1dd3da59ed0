import { allocate } from "../../graph/array.ts";
import { UserError } from "../../graph/errors.ts";
import type { StreamDataset } from "../dataset.ts";
import type { Tokenizer } from "../tokenizers/index.ts";
import type { BatchMaker, BatchOptions } from "./batch.ts";
import { requireContextLength, requireTokenizer } from "./token-rows.ts";

/**
 * Windows of a text for next-token prediction: `tokens` `[B, L]` and `targets` `[B, L]`.
 *
 * Training windows start at any token, so their number is the number of tokens minus `L`. Evaluation windows
 * are contiguous without overlap; a remainder shorter than a window is dropped.
 *
 * @throws UserError if the text is too short for a window
 */
export function streamBatches(dataset: StreamDataset, options: BatchOptions): BatchMaker {
  const tokenizer = requireTokenizer(options);
  const size = requireContextLength(options);
  const ids = BigInt64Array.from(encodeStream(tokenizer, dataset), BigInt);
  const windows = options.training ? ids.length - size : Math.floor((ids.length - 1) / size);
  if (windows < 1) {
    throw new UserError(
      `${dataset.name} ${dataset.split}: ${ids.length} tokens are too few for a window of ${size} and its next token; lower data.context_length or use a longer text`,
    );
  }
  const stride = options.training ? 1 : size;
  const field = { dtype: "int64", shape: [size] } as const;
  return {
    length: windows,
    fields: { tokens: field, targets: field },
    make({ step, epoch, indices }) {
      const tokens = allocate("int64", [indices.length, size]);
      const targets = allocate("int64", [indices.length, size]);
      indices.forEach((index, row) => {
        const start = index * stride;
        tokens.data.set(ids.subarray(start, start + size), row * size);
        targets.data.set(ids.subarray(start + 1, start + 1 + size), row * size);
      });
      return { step, epoch, indices, arrays: { tokens, targets } };
    },
  };
}

/**
 * The ids of a whole text.
 *
 * @throws UserError with the split, for a character that the tokenizer lacks
 */
export function encodeStream(tokenizer: Tokenizer, { name, split, text }: StreamDataset): number[] {
  try {
    return tokenizer.encode(text);
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    const { message, exitCode } = cause;
    throw new UserError(`${name}, ${split} split: ${message}`, { exitCode, cause });
  }
}
