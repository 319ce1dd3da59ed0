/** Label embeddings of the model's text tower, and their similarity to images. */

import {
  classEmbeddings,
  classPrompts,
  type Embeddings,
  probabilities,
  zeroShotLogits,
} from "moesaic/evaluate";
import type { LiveModel } from "moesaic/live";

export interface LabelEmbeddings {
  readonly names: readonly string[]; // [C]
  readonly embeddings: Embeddings; // [C, P]
}

/** Cached text embeddings, by model. */
const read = new WeakMap<LiveModel, Map<string, Promise<Float32Array>>>();

/** The embedding of a text, cached. */
export function embedOnce(model: LiveModel, text: string): Promise<Float32Array> {
  const known = read.get(model) ?? new Map<string, Promise<Float32Array>>();
  read.set(model, known);
  const found = known.get(text);
  if (found !== undefined) return found;
  const embedding = model.embedText!(text).then((answer) => answer.embedding);
  known.set(text, embedding);
  return embedding;
}

/** One embedding per label: the mean over the templates. */
export async function labelEmbeddings(
  model: LiveModel,
  names: readonly string[],
  templates: readonly string[],
): Promise<LabelEmbeddings> {
  const rows = await Promise.all(
    classPrompts(names, templates).map((prompt) => embedOnce(model, prompt)),
  );
  const width = rows[0]!.length;
  const data = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) data.set(row, i * width);
  return { names, embeddings: classEmbeddings({ width, data }, templates.length) };
}

/** Softmax over the labels of an image's logits, `[C]`. */
export function labelShares(
  image: Float32Array,
  { embeddings }: LabelEmbeddings,
  similarity: LiveModel["similarity"],
): number[] {
  const row = { width: image.length, data: image };
  return Array.from(probabilities(zeroShotLogits(row, embeddings, similarity?.scale)).data);
}
