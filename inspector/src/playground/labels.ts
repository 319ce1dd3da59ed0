/** Label embeddings of the model's text tower, and their similarity to images. */

import {
  classEmbeddings,
  classPrompts,
  type Embeddings,
  probabilities,
  zeroShotLogits,
} from "moesaic/evaluate";
import type { EmbeddedText, LiveModel } from "moesaic/live";
import { askOnce } from "./ask-once.ts";

export interface LabelEmbeddings {
  readonly names: readonly string[]; // [C]
  readonly embeddings: Embeddings; // [C, P]
  /** Notes on truncated, unknown or empty prompts, one sentence each. */
  readonly notes: readonly string[];
}

/** Cached text embeddings, by model. */
const read = new WeakMap<LiveModel, Map<string, Promise<EmbeddedText>>>();

/** The embedding of a text with its notes, cached. */
function embedOnce(model: LiveModel, text: string): Promise<EmbeddedText> {
  const known = read.get(model) ?? new Map<string, Promise<EmbeddedText>>();
  read.set(model, known);
  return askOnce(known, text, () => model.embedText!(text));
}

/** One embedding per label: the mean over the templates. */
export async function labelEmbeddings(
  model: LiveModel,
  names: readonly string[],
  templates: readonly string[],
): Promise<LabelEmbeddings> {
  const prompts = classPrompts(names, templates);
  const rows = await Promise.all(prompts.map((prompt) => embedOnce(model, prompt)));
  const width = rows[0]!.embedding.length;
  const data = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) data.set(row.embedding, i * width);
  const notes = rows.flatMap(({ routing }, i) =>
    routing.notes.map((note) => `\u201c${prompts[i]}\u201d: ${note}`),
  );
  return { names, embeddings: classEmbeddings({ width, data }, templates.length), notes };
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
