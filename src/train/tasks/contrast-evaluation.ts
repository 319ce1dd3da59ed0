/** Reads a split of captioned images with a contrastive model: retrieval, routing. */
import type { Batch } from "../../data/batch.ts";
import type { ImageDataset } from "../../data/dataset.ts";
import { tokenRows } from "../../data/token-rows.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { createEncoder, type Encoder } from "../../evaluate/encoder.ts";
import { type Embeddings, retrievalScores } from "../../evaluate/retrieval.ts";
import type { ContrastiveModel } from "../../models/contrastive-model.ts";
import { nativeRuntime } from "../../runtime/native.ts";
import type { SessionOptions } from "../../runtime/session.ts";
import { isRoutingTap, readRouting } from "../routing/routing-record.ts";
import type { FullEvaluation, FullEvaluationOptions } from "./task.ts";

export interface ContrastEvaluationOptions {
  readonly model: ContrastiveModel;
  readonly classNames: readonly string[];
  readonly tokenizer: Tokenizer;
  readonly session: SessionOptions;
}

/** Means of the scalars, recall of retrieval with all captions, and what the report shows. */
export async function evaluateContrast(
  options: ContrastEvaluationOptions,
  evaluation: FullEvaluationOptions,
): Promise<FullEvaluation> {
  const { model, classNames, session } = options;
  const { loader, createEvaluator, onBatch, weights } = evaluation;
  const encoder = await createEncoder(model, { runtime: nativeRuntime(), weights, session });
  const evaluator = await createEvaluator(
    (name) => name.endsWith(".combine_weights") || isRoutingTap(name),
  );
  try {
    const routing = readRouting(evaluator.graph.taps, classNames);
    const scores = await evaluator.run(loader, (outputs, batch) => {
      routing.add(outputs, batch);
      onBatch();
    });
    const embedded = await embedSplit(encoder, options, evaluation);
    const retrieval = retrievalScores(embedded.images, embedded.texts, embedded.owners);
    return { scores: { ...scores, ...retrieval }, record: { routing: routing.layers() } };
  } finally {
    evaluator.dispose();
    encoder.dispose();
  }
}

/** Embeddings of all images of a split and of all their captions. */
async function embedSplit(
  encoder: Encoder,
  { tokenizer, model }: ContrastEvaluationOptions,
  { loader }: FullEvaluationOptions,
) {
  const width = model.embedDim;
  const dataset = loader.dataset as ImageDataset;
  const images = new Float32Array(dataset.length * width);
  const texts: number[] = [];
  const owners: number[] = [];
  loader.seek(0);
  for (let batch = await loader.next(); batch !== undefined; batch = await loader.next()) {
    const rows = await encoder.encodeImages(batch.arrays.images!);
    for (const [row, index] of batch.indices.entries()) {
      images.set(rows.data.subarray(row * width, (row + 1) * width) as Float32Array, index * width);
    }
    const captions = captionsOf(batch);
    const { tokens, lengths } = tokenRows(
      tokenizer,
      captions.map(({ text }) => text),
      model.contextLength,
    );
    const embedded = await encoder.encodeTexts(tokens, lengths);
    texts.push(...(embedded.data as Float32Array));
    owners.push(...captions.map(({ owner }) => owner));
  }
  const rows: Embeddings = { width, data: images };
  return { images: rows, texts: { width, data: texts }, owners };
}

function captionsOf({ captions = [], indices }: Batch) {
  return captions.flatMap((all, row) => all.map((text) => ({ text, owner: indices[row]! })));
}
