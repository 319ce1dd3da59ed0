import { type ImageDataset, sampleCaptions } from "../data/dataset.ts";
import type { Tokenizer } from "../data/tokenizers/index.ts";
import { noteTexts } from "../runs/embedding/text-notes.ts";

/** Maximum number of captions that are counted; larger sets are sampled evenly. */
const LOOKED_AT = 20_000;

/** Reports once how many captions of a set are truncated and how many are empty. */
export function noteCaptions(
  dataset: ImageDataset,
  tokenizer: Tokenizer,
  contextLength: number,
  onNote: (message: string) => void,
): void {
  const perImage = Math.max(1, sampleCaptions(dataset, 0).length);
  const stride = Math.max(1, Math.ceil((dataset.length * perImage) / LOOKED_AT));
  const texts: string[] = [];
  for (let index = 0; index < dataset.length; index += stride) {
    texts.push(...sampleCaptions(dataset, index));
  }
  noteTexts(texts, tokenizer, contextLength, onNote);
}
