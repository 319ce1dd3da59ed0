/** Collects the patches and words that are typical of each expert. */

import type { RoutedBatch } from "./statistics/routing-statistics.ts";
import { type SurestPatch, surestPatches } from "./surest-patches.ts";
import type { RecordedImage } from "./types/image.ts";
import type { ExpertGallery, GalleryPatch, GalleryWord, LayerGallery } from "./types/pair.ts";

export interface ExpertGalleryOptions {
  /** Number of patches per image. */
  readonly grid: { readonly rows: number; readonly columns: number };
  /** Display text of each token id. */
  readonly tokenText: (id: number) => string;
  /** Maximum number of patches and of words per expert. Default 12. */
  readonly limit?: number;
  /** Minimum number of occurrences of a word. Default 3. */
  readonly minimumCount?: number;
}

/** Maps the tokens of a routed batch to samples. */
export interface GallerySamples {
  /** Index of each sample in its split, `[B]`. */
  readonly indices: ArrayLike<number>;
  /** Word ids of each sample, `[B, L]`; omit if the layer reads patches only. */
  readonly tokens?: {
    readonly shape: readonly number[];
    readonly data: ArrayLike<number | bigint>;
  };
  /** Number of words per sample that the layer reads. Default: all. */
  readonly numWords?: number;
  /** Whether patches precede the words of each sample. Default true. */
  readonly patches?: boolean;
  /** Number of other tokens before the first part, and between patches and words. Default 0. */
  readonly before?: number;
  readonly between?: number;
}

export interface GalleryCollector {
  /**
   * Adds a batch of one layer. Masked tokens, and tokens that are neither patches nor words, are
   * skipped.
   *
   * @throws RangeError if the number of routed tokens does not match the samples
   */
  add(
    layer: string,
    routed: Pick<RoutedBatch, "ids" | "probabilities" | "mask">,
    samples: GallerySamples,
  ): void;
  /**
   * @param imageOf returns the pixels of an image of the split; called for displayed images only
   */
  galleries(imageOf: (index: number) => RecordedImage): LayerGallery[];
}

interface LayerSums {
  readonly patches: readonly ReturnType<typeof surestPatches>[]; // [E]
  readonly numPatches: Float64Array; // [E + 1]; the last entry counts patches without an expert
  /** Occurrences of each word per expert. */
  readonly words: Map<number, Float64Array>; // [E + 1]
}

/**
 * Collects, over batches, typical tokens of each expert among those whose first choice it is: the
 * patches with the highest router probability, and the words with the largest share of their
 * occurrences. Words are ranked by the lower bound of the share's 95 % confidence interval
 * (Wilson), so rare words need a larger share. Memory holds only the displayed patches and one row
 * of counts per vocabulary word.
 */
export function expertGallery(options: ExpertGalleryOptions): GalleryCollector {
  const { grid, limit = 12 } = options;
  const layers = new Map<string, LayerSums>();
  return {
    add(layer, { ids, probabilities, mask }, samples) {
      const { indices, tokens, patches = true, before = 0, between = 0 } = samples;
      const [numTokens, numExperts] = probabilities.shape as [number, number];
      const numPatches = patches ? grid.rows * grid.columns : 0;
      const rowLength = tokens?.shape[1] ?? 0;
      const { numWords = rowLength } = samples;
      const firstWord = before + numPatches + between;
      const stride = firstWord + numWords;
      if (numTokens !== indices.length * stride) {
        const others = before + between === 0 ? "" : `, ${before + between} others`;
        throw new RangeError(
          `${layer} routes ${numTokens} tokens, expected ${indices.length * stride}: ${indices.length} samples of ${numPatches} patches${others} and ${numWords} words`,
        );
      }
      const sums = layers.get(layer) ?? layerSums(numExperts, limit);
      layers.set(layer, sums);
      for (let n = 0; n < numTokens; n++) {
        if (mask !== undefined && !Number(mask.data[n])) continue;
        const first = Number(ids.data[n]); // K-major: first choices come first
        const expert = first >= 0 && first < numExperts ? first : numExperts;
        const sample = Math.floor(n / stride);
        const place = n % stride;
        if (place >= firstWord) {
          const word = Number(tokens!.data[sample * rowLength + place - firstWord]);
          const counts = sums.words.get(word) ?? new Float64Array(numExperts + 1);
          sums.words.set(word, counts);
          counts[expert]! += 1;
          continue;
        }
        const patch = place - before;
        if (patch < 0 || patch >= numPatches) continue;
        sums.numPatches[expert]! += 1;
        const probability = Number(probabilities.data[n * numExperts + expert]);
        sums.patches[expert]?.add({ index: indices[sample]!, patch, probability });
      }
    },
    galleries: (imageOf) =>
      [...layers].map(([layer, sums]) => layerGallery(layer, sums, { ...options, imageOf })),
  };
}

function layerSums(numExperts: number, limit: number): LayerSums {
  return {
    patches: Array.from({ length: numExperts }, () => surestPatches(limit)),
    numPatches: new Float64Array(numExperts + 1),
    words: new Map(),
  };
}

function layerGallery(
  layer: string,
  { patches, numPatches, words }: LayerSums,
  options: ExpertGalleryOptions & { readonly imageOf: (index: number) => RecordedImage },
): LayerGallery {
  const { grid, imageOf } = options;
  const crop = (surest: SurestPatch): GalleryPatch => ({
    ...surest,
    image: cropPatch(imageOf(surest.index), surest.patch, grid),
  });
  const numWords = new Float64Array(patches.length + 1);
  for (const counts of words.values()) {
    for (const [expert, count] of counts.entries()) numWords[expert]! += count;
  }
  return {
    layer,
    numPatches: total(numPatches),
    numWords: total(numWords),
    experts: patches.map(
      (best, expert): ExpertGallery => ({
        expert,
        numPatches: numPatches[expert]!,
        numWords: numWords[expert]!,
        patches: best.patches().map(crop),
        words: typicalWords(words, expert, numWords[expert]! / total(numWords), options),
      }),
    ),
  };
}

/** Words whose share exceeds `average`, the share of all words. */
function typicalWords(
  words: LayerSums["words"],
  expert: number,
  average: number,
  { tokenText, limit = 12, minimumCount = 3 }: ExpertGalleryOptions,
): GalleryWord[] {
  return [...words]
    .map(([id, counts]) => ({ id, count: counts[expert]!, total: total(counts) }))
    .filter((word) => word.total >= minimumCount && word.count / word.total > average)
    .sort((a, b) => lowerShare(b) - lowerShare(a) || a.id - b.id)
    .slice(0, limit)
    .map(({ id, ...counts }) => ({ text: tokenText(id), ...counts }));
}

/** Lower bound of the 95 % confidence interval of a proportion (Wilson 1927). */
function lowerShare({
  count,
  total: n,
}: {
  readonly count: number;
  readonly total: number;
}): number {
  const z = 1.96;
  const p = count / n;
  const spread = z * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2));
  return (p + z ** 2 / (2 * n) - spread) / (1 + z ** 2 / n);
}

/** The pixels of one patch of an image. */
export function cropPatch(
  { width, height, channels, data }: RecordedImage,
  patch: number,
  { rows, columns }: ExpertGalleryOptions["grid"],
): RecordedImage {
  const [row, column] = [Math.floor(patch / columns), patch % columns];
  const [left, right] = span(column, columns, width);
  const [top, bottom] = span(row, rows, height);
  const size = (right - left) * channels;
  const pixels = new Uint8Array(size * (bottom - top));
  for (let y = top; y < bottom; y++) {
    const start = (y * width + left) * channels;
    pixels.set(data.subarray(start, start + size), (y - top) * size);
  }
  return { width: right - left, height: bottom - top, channels, data: pixels };
}

/** Start (inclusive) and end (exclusive) of a part, pixels. */
function span(part: number, parts: number, size: number): [number, number] {
  const start = Math.min(size - 1, Math.floor((part * size) / parts));
  return [start, Math.max(start + 1, Math.floor(((part + 1) * size) / parts))];
}

function total(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}
