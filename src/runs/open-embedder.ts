/** Opens trained contrastive models to embed images and texts. */
import { batchMaker } from "../data/batches/batch-maker.ts";
import { tokenRows } from "../data/batches/token-rows.ts";
import type { StoreHooks } from "../data/images/store.ts";
import type { Tokenizer } from "../data/tokenizers/index.ts";
import { createEncoder } from "../evaluate/encoder.ts";
import type { Embeddings } from "../evaluate/similarity.ts";
import { createLimoe } from "../models/limoe/config.ts";
import type { TrainConfig } from "../recipe/config.ts";
import {
  type ImageRequest,
  type ImageSource,
  modelShape,
  openImages,
  readShape,
} from "../recipe/image-source.ts";
import type { Checkpoint } from "./checkpoints/checkpoint-store.ts";
import { noteTexts } from "./embedding/text-notes.ts";
import { disposable, type OpenModelOptions, openModel } from "./open-model.ts";

export interface EmbedHooks {
  readonly onProgress?: (done: number, total: number) => void;
  /** Receives a message about truncated texts and one about empty texts. */
  readonly onNote?: (message: string) => void;
}

/** Unit-length embeddings `[N, P]` with the labels of each image. */
export interface EmbeddedImages extends Embeddings {
  readonly data: Float32Array;
  /** Classes, `[N]`; 0 without classes. */
  readonly labels: Int32Array;
  /** Captions of each image; empty without captions. */
  readonly captions: readonly (readonly string[])[];
}

/** An opened contrastive model; the caller must dispose of it. */
export interface OpenedEmbedder {
  readonly config: TrainConfig;
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer;
  /** `P`, width of an embedding. */
  readonly width: number;
  /** Maximum number of tokens per text; longer texts are truncated. */
  readonly contextLength: number;
  /** Factor of the cosines at the end of training. */
  readonly scale: number;
  /** Bias added to the scaled cosines; 0 unless the loss is sigmoid. */
  readonly bias: number;
  /** Opens images and transforms them as in the run's evaluation. */
  openImages(request: ImageRequest, hooks?: StoreHooks): Promise<ImageSource>;
  /** Embeds all images of a source, or the images at `indices`. */
  embedImages(
    source: ImageSource,
    hooks?: EmbedHooks & { readonly indices?: readonly number[] },
  ): Promise<EmbeddedImages>;
  /** Embeds texts as unit-length rows, `[N, P]`. */
  embedTexts(texts: readonly string[], hooks?: EmbedHooks): Promise<Embeddings>;
  dispose(): void;
  [Symbol.dispose](): void;
}

/** Images or texts per batch. */
const BATCH = 64;

/**
 * Opens the contrastive model of a run directory. Weights are the moving averages if the run keeps
 * them. An embedding does not depend on the rest of its batch.
 *
 * @throws UserError (exit code 2) if the directory is not a run, or its model does not compare
 *   images with texts
 * @example
 * using opened = await openEmbedder("runs/quickstart");
 * const images = await opened.embedImages(await opened.openImages({ folder: "pictures" }));
 * const texts = await opened.embedTexts(["a red circle"]);
 * cosineMatrix(texts, images); // [1, N]
 */
export async function openEmbedder(
  run: string,
  options: OpenModelOptions = {},
): Promise<OpenedEmbedder> {
  const systems = { names: ["limoe"], lacks: "does not compare images with texts" } as const;
  const opened = await openModel(run, systems, options);
  const { config, checkpoint, settings, tokenizer, compile } = opened;
  const read = await readShape(config);
  const model = createLimoe(settings, {
    vocabularySize: tokenizer.vocabularySize,
    imageShape: modelShape(config, read),
  });
  const encoder = await createEncoder(model, compile);
  const { embedDim: width, contextLength } = model;
  return {
    config,
    checkpoint,
    tokenizer,
    width,
    contextLength,
    ...(await encoder.similarity()),
    openImages: (request, hooks) => openImages(config, read, request, hooks),
    async embedImages({ dataset, transforms }, { onProgress, indices } = {}) {
      const { make } = batchMaker(dataset, { transforms, seed: 0, training: false });
      const members = indices ?? Array.from({ length: dataset.length }, (_, index) => index);
      const rows = new Float32Array(members.length * width);
      const labels = new Int32Array(members.length);
      const captions: (readonly string[])[] = [];
      for (let start = 0; start < members.length; start += BATCH) {
        const part = Int32Array.from(members.slice(start, start + BATCH));
        const batch = make({ step: 0, epoch: 0, indices: part });
        const { data } = await encoder.encodeImages(batch.arrays.images!);
        rows.set(data as Float32Array, start * width);
        labels.set(Array.from(batch.arrays.labels!.data, Number), start);
        captions.push(...(batch.captions ?? Array.from(part, () => [])));
        onProgress?.(Math.min(start + BATCH, members.length), members.length);
      }
      return { width, data: rows, labels, captions };
    },
    async embedTexts(texts, { onProgress, onNote } = {}) {
      if (onNote) noteTexts(texts, tokenizer, contextLength, onNote);
      const rows = new Float32Array(texts.length * width);
      for (let start = 0; start < texts.length; start += BATCH) {
        const part = texts.slice(start, start + BATCH);
        const { tokens, lengths } = tokenRows(tokenizer, part, contextLength);
        const { data } = await encoder.encodeTexts(tokens, lengths);
        rows.set(data as Float32Array, start * width);
        onProgress?.(start + part.length, texts.length);
      }
      return { width, data: rows };
    },
    ...disposable(() => encoder.dispose()),
  };
}
