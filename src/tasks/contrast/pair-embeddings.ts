/** Embeddings of a whole split. */
import type { Batch } from "../../data/batches/batch.ts";
import { tokenRows } from "../../data/batches/token-rows.ts";
import type { ImageDataset } from "../../data/dataset.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import type { Encoder } from "../../evaluate/encoder.ts";
import type { Embeddings } from "../../evaluate/similarity.ts";
import type { FullEvaluationOptions } from "../task.ts";

/** Sentences per batch. */
const BATCH = 256;

/** All images of a split with all their captions. */
export interface EmbeddedPairs {
  readonly images: Embeddings; // [N, P]
  readonly texts: Embeddings; // [M, P]
  /** Image index of each text. */
  readonly owners: readonly number[]; // [M]
  readonly captions: readonly string[]; // [M]
}

/** Encodes all images of a split, then all their captions. */
export async function embedPairs(
  encoder: Encoder,
  tokenizer: Tokenizer,
  { loader, onWork }: Pick<FullEvaluationOptions, "loader" | "onWork">,
): Promise<EmbeddedPairs> {
  const width = encoder.model.embedDim;
  const { length } = loader.dataset as ImageDataset;
  const images = new Float32Array(length * width);
  const owners: number[] = [];
  const captions: string[] = [];
  let done = 0;
  loader.seek(0);
  for (let batch = await loader.next(); batch !== undefined; batch = await loader.next()) {
    const rows = await encoder.encodeImages(batch.arrays.images!);
    for (const [row, index] of batch.indices.entries()) {
      images.set(rows.data.subarray(row * width, (row + 1) * width) as Float32Array, index * width);
      for (const text of captionsOf(batch, row)) {
        owners.push(index);
        captions.push(text);
      }
    }
    done += batch.indices.length;
    onWork?.("embedded image", done, length);
  }
  const texts = await embedSentences(encoder, tokenizer, captions, (count) =>
    onWork?.("embedded caption", count, captions.length),
  );
  return { images: { width, data: images }, texts, owners, captions };
}

/** Embeddings `[M, P]` of sentences. */
export async function embedSentences(
  encoder: Encoder,
  tokenizer: Tokenizer,
  sentences: readonly string[],
  onProgress?: (done: number) => void,
): Promise<Embeddings> {
  const { embedDim: width, contextLength } = encoder.model;
  const data = new Float32Array(sentences.length * width);
  for (let start = 0; start < sentences.length; start += BATCH) {
    const part = sentences.slice(start, start + BATCH);
    const { tokens, lengths } = tokenRows(tokenizer, part, contextLength);
    const rows = await encoder.encodeTexts(tokens, lengths);
    data.set(rows.data as Float32Array, start * width);
    onProgress?.(start + part.length);
  }
  return { width, data };
}

function captionsOf({ captions }: Batch, row: number): readonly string[] {
  return captions?.[row] ?? [];
}
