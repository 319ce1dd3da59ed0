/** Encodes attention weights for reports, and computes attention shares from the encoded form. */
import type { AttentionLayer } from "./types/attention.ts";

/** Maximum bytes of attention per record; a single image may take twice as much. */
const BYTE_LIMIT = 400_000;
/** Minimum number of images; below it, heads are averaged. */
const FEWEST_IMAGES = 3;

/** Sizes of the attention of one layer for one image. */
export interface AttentionSizes {
  readonly numHeads: number;
  readonly numQueries: number;
  readonly numKeys: number;
}

/** How much attention a record keeps. */
export interface AttentionPlan {
  /** Number of images; 0 if a single one is too large. */
  readonly images: number;
  /** Whether heads are averaged. */
  readonly mergeHeads: boolean;
}

/** Keeps every head if enough images fit, else the mean of the heads. */
export function attentionPlan(layers: readonly AttentionSizes[], images: number): AttentionPlan {
  const cells = layers.map(({ numQueries, numKeys }) => numQueries * numKeys);
  const merged = cells.reduce((sum, count) => sum + count, 0);
  const whole = cells.reduce((sum, count, i) => sum + count * layers[i]!.numHeads, 0);
  if (whole === 0) return { images: 0, mergeHeads: false };
  const fit = (bytes: number): number => Math.min(images, Math.floor(BYTE_LIMIT / bytes));
  if (fit(whole) >= Math.min(FEWEST_IMAGES, images)) {
    return { images: fit(whole), mergeHeads: false };
  }
  const least = merged <= 2 * BYTE_LIMIT ? Math.min(1, images) : 0;
  return { images: Math.max(least, fit(merged)), mergeHeads: true };
}

export interface AttentionLayerOptions {
  readonly layer: string;
  /** Rows that sum to 1, `[1, N, H, S, T]`. */
  readonly weights: {
    readonly shape: readonly number[];
    readonly data: ArrayLike<number | bigint>;
  };
  /** Index of the sample in the batch. */
  readonly sample: number;
  /** Queries to keep, in order. Default: all. */
  readonly queries?: readonly number[];
  /** Keys to keep, in order; shares are relative to their sum. Default: all. */
  readonly keys?: readonly number[];
  readonly mergeHeads?: boolean;
}

/** The attention of one sample, quantised to bytes. */
export function attentionLayer(options: AttentionLayerOptions): AttentionLayer {
  const { layer, weights, sample, mergeHeads = false } = options;
  const [, , heads, length, width] = weights.shape as [1, number, number, number, number];
  const queries = options.queries ?? Array.from({ length }, (_, query) => query);
  const keys = options.keys ?? Array.from({ length: width }, (_, key) => key);
  const numQueries = queries.length;
  const numHeads = mergeHeads ? 1 : heads;
  const numKeys = keys.length;
  const bytes = new Uint8Array(numHeads * numQueries * numKeys);
  const row = new Float64Array(numKeys);
  for (let head = 0; head < numHeads; head++) {
    for (const [place, query] of queries.entries()) {
      row.fill(0);
      for (let h = head; h < heads; h += mergeHeads ? 1 : heads) {
        const start = ((sample * heads + h) * length + query) * width;
        for (const [i, key] of keys.entries()) row[i]! += Number(weights.data[start + key]);
      }
      const highest = Math.max(...row);
      if (!(highest > 0)) continue;
      const at = (head * numQueries + place) * numKeys;
      for (let i = 0; i < numKeys; i++) bytes[at + i] = Math.round((255 * row[i]!) / highest);
    }
  }
  return { layer, numHeads, numQueries, numKeys, weights: bytes };
}

/**
 * Share of each key in the attention of one patch or of the mean patch, for one head or the mean
 * head.
 *
 * @returns `[T]`, sums to 1
 */
export function attentionShares(
  { numHeads, numQueries, numKeys, weights }: AttentionLayer,
  { head, patch }: { readonly head?: number; readonly patch?: number } = {},
): number[] {
  const shares = Array<number>(numKeys).fill(0);
  let rows = 0;
  for (let at = 0; at < numHeads * numQueries; at++) {
    if (head !== undefined && Math.floor(at / numQueries) !== head) continue;
    if (patch !== undefined && at % numQueries !== patch) continue;
    const row = weights.subarray(at * numKeys, (at + 1) * numKeys);
    const total = row.reduce((sum, value) => sum + value, 0);
    if (total === 0) continue;
    rows += 1;
    for (let key = 0; key < numKeys; key++) shares[key]! += row[key]! / total;
  }
  return rows === 0 ? shares : shares.map((share) => share / rows);
}

/** Attention of every patch to one key, averaged over the heads, `[S]`. */
export function attentionToKey(layer: AttentionLayer, key: number): number[] {
  return Array.from(
    { length: layer.numQueries },
    (_, patch) => attentionShares(layer, { patch })[key]!,
  );
}
