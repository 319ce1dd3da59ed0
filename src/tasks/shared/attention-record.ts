/** Attention maps of the shown images, from a second evaluation of these images only. */
import type { Batch } from "../../data/batches/batch.ts";
import type { NdArray } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import {
  type AttentionLayerOptions,
  attentionLayer,
  attentionPlan,
} from "../../inspect/attention.ts";
import type { ImageAttention } from "../../inspect/types/attention.ts";
import type { Mosaic } from "../../inspect/types/mosaic.ts";
import type { BatchSource } from "../../learn/evaluator.ts";
import type { Classifier } from "../../models/classifier.ts";
import type { FullEvaluationOptions } from "../task.ts";
import type { ShownImage } from "./shown-image.ts";

/** The words that the patches of an image attend to. */
export interface ReadWords {
  /** The words of each text. */
  readonly words: readonly (readonly string[])[];
  /** Indices of the words in the keys, which include padding. */
  readonly keys: readonly number[];
}

export interface AttentionRecordOptions extends Pick<Classifier, "grid" | "tokensPerImage"> {
  /** The taps of the model. */
  readonly taps: ReadonlyMap<string, Tensor>;
  /** Number of adjacent passes over an image; the first of several has no text. Default 1. */
  readonly passes?: number;
  /** The words that the image attends to in the second or only pass; the batch has one sample. */
  readonly words?: (batch: Batch) => ReadWords;
}

const AMONG_PATCHES = /^(image_tower\.)?blocks\.\d+\.attn(\.image)?\.weights$/;
const TO_WORDS = /^blocks\.\d+\.fusion\.attn\.weights$/;

/**
 * Adds the attention of their patches to the images; `attentionPlan` limits their number. Images
 * are evaluated one by one, because the attention weights of a whole batch can be large. If class
 * tokens follow the patches, the shares exclude attention to them, and the attention of the first
 * class token is recorded too.
 */
export async function withAttention(
  shown: readonly ShownImage[],
  { taps, grid, tokensPerImage, passes = 1, words }: AttentionRecordOptions,
  { loader, createEvaluator }: Pick<FullEvaluationOptions, "loader" | "createEvaluator">,
): Promise<Mosaic[]> {
  const numPatches = grid.rows * grid.columns;
  const patches = Array.from({ length: numPatches }, (_, patch) => patch);
  const hasClassToken = tokensPerImage !== undefined && tokensPerImage > numPatches;
  const attended = [...taps].filter(
    ([name, { shape }]) =>
      shape[3] === (tokensPerImage ?? numPatches) &&
      (AMONG_PATCHES.test(name) || (words !== undefined && TO_WORDS.test(name))),
  );
  const sizes = attended.map(([name, { shape }]) => {
    const [, , numHeads, , numKeys] = shape as [number, number, number, number, number];
    const ofWords = TO_WORDS.test(name);
    return {
      numHeads: ofWords ? 1 : numHeads,
      numQueries: ofWords ? numPatches : numPatches + Number(hasClassToken),
      numKeys: ofWords ? numKeys : numPatches,
    };
  });
  const { images, mergeHeads } = attentionPlan(sizes, shown.length);
  const found = new Map<number, ImageAttention>();
  const names = attended.map(([name]) => name);
  if (images > 0 && numPatches > 1) {
    const evaluator = await createEvaluator((name) => names.includes(name), { batchSize: 1 });
    const wanted = shown.slice(0, images).map(({ index }) => index);
    const read = (
      pattern: RegExp,
      outputs: Readonly<Record<string, NdArray>>,
      options: Pick<AttentionLayerOptions, "sample" | "mergeHeads" | "keys" | "queries">,
    ) =>
      names
        .filter((name) => pattern.test(name))
        .map((name) => {
          const layer = name.slice(0, -".weights".length);
          return attentionLayer({ layer, weights: outputs[name]!, queries: patches, ...options });
        });
    try {
      await evaluator.run(oneByOne(loader, wanted), (outputs, batch) => {
        const among = { sample: 0, mergeHeads, keys: patches };
        const layers = read(AMONG_PATCHES, outputs, among);
        const classToken = read(AMONG_PATCHES, outputs, { ...among, queries: [numPatches] });
        const text = words?.(batch);
        const readers = text && {
          words: text.words,
          layers: read(TO_WORDS, outputs, {
            sample: passes > 1 ? 1 : 0,
            mergeHeads: true,
            keys: text.keys,
          }),
        };
        found.set(batch.indices[0]!, {
          rows: grid.rows,
          cols: grid.columns,
          layers,
          ...(hasClassToken && { classToken }),
          ...(readers && readers.layers.length > 0 && { text: readers }),
        });
      });
    } finally {
      evaluator.dispose();
    }
  }
  return shown.map(({ index, mosaic }) => {
    const attention = found.get(index);
    return attention === undefined ? mosaic : { ...mosaic, attention };
  });
}

/**
 * The samples `indices` as batches of one, in the order of the source; stops after the last of
 * them.
 */
export function oneByOne(source: BatchSource, indices: readonly number[]): BatchSource {
  let left = new Set(indices);
  let waiting: Batch[] = [];
  return {
    seek(step) {
      source.seek(step);
      left = new Set(indices);
      waiting = [];
    },
    async next() {
      while (waiting.length === 0 && left.size > 0) {
        const batch = await source.next();
        if (batch === undefined) return undefined;
        waiting = [...batch.indices.keys()].filter((row) => left.delete(batch.indices[row]!)).map((row) => sampleOf(batch, row)); // biome-ignore format: one expression
      }
      return waiting.shift();
    },
  };
}

/** One sample of a batch, as a batch. */
function sampleOf({ step, epoch, indices, arrays }: Batch, row: number): Batch {
  const rows = Object.entries(arrays).map(([name, array]) => {
    const length = array.data.length / indices.length;
    const data = array.data.slice(row * length, (row + 1) * length);
    return [name, { ...array, shape: [1, ...array.shape.slice(1)], data } as NdArray] as const;
  });
  return { step, epoch, indices: indices.slice(row, row + 1), arrays: Object.fromEntries(rows) };
}
