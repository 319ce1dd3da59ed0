/** Resamples position embeddings to another patch grid, as timm does for other image sizes. */
import { allocate, type NdArray } from "../../graph/array.ts";
import type { Resampling } from "../../pretrained/define-family.ts";

/** Class tokens that may precede the patches in a position table, by parameter name. */
const CLASS_TOKENS = ["cls_token", "dist_token"] as const;

/** Names of the position table, and of a separate position of the class token. */
const TABLE = /(^|\.|^image_)pos_embed$/;
const APART = /(^|\.)cls_pos_embed$/;

type Tensors = ReadonlyMap<string, NdArray>;

/** How to convert a stored table to the table of the model. */
export interface PositionPlan {
  /** Name of the stored table. */
  readonly source: string;
  /** Sides of the patch grids; both 0 if only the position of the class token is copied. */
  readonly storedSide: number;
  readonly wantedSide: number;
  /** For every row before the patches its stored row, or undefined if the file has none. */
  readonly classRows: readonly (number | undefined)[];
  /** Number of stored rows before the patches. */
  readonly storedRows: number;
}

/**
 * How to fill the parameter `name` from a stored position table with another grid, other class tokens,
 * or a class token position that the model keeps in a separate parameter (`cls_pos_embed`).
 *
 * Tables are `[1, P + side^2, D]`; the other parameters show which class tokens they contain.
 *
 * @returns undefined if it is not a position table, already fits, or cannot be converted
 */
export function positionPlan(
  name: string,
  stored: Tensors,
  targets: Tensors,
): PositionPlan | undefined {
  const apart = APART.test(name);
  if (!apart && !TABLE.test(name)) return undefined;
  const at = name.slice(0, name.length - (apart ? "cls_pos_embed" : "pos_embed").length);
  const source = `${at}pos_embed`;
  const table = stored.get(source);
  const target = targets.get(name)!;
  if (table?.dtype !== "float32" || table.shape.length !== 3) return undefined;
  if (table.shape[2] !== target.shape[2]) return undefined;
  const before = tokensBefore(at, stored);
  const rowOf = (token: string) => before.indexOf(token);
  const found = (token: string) => (rowOf(token) < 0 ? undefined : rowOf(token));
  if (apart) {
    const row = found("cls_token");
    if (row === undefined || stored.has(name)) return undefined;
    return { source, storedSide: 0, wantedSide: 0, classRows: [row], storedRows: before.length };
  }
  const wanted = tokensBefore(at, targets);
  if (String(table.shape) === String(target.shape) && String(before) === String(wanted)) {
    return undefined;
  }
  const storedSide = Math.sqrt(table.shape[1]! - before.length);
  const wantedSide = Math.sqrt(target.shape[1]! - wanted.length);
  if (!(Number.isInteger(storedSide) && Number.isInteger(wantedSide))) return undefined;
  if (storedSide === 0 || wantedSide === 0) return undefined;
  return {
    source,
    storedSide,
    wantedSide,
    classRows: wanted.map(found),
    storedRows: before.length,
  };
}

/** The class tokens in the table of a model at `at`. */
function tokensBefore(at: string, tensors: Tensors): string[] {
  if (tensors.has(`${at}cls_pos_embed`)) return [];
  return CLASS_TOKENS.filter((token) => tensors.has(at + token));
}

/** Fills `target` by a plan; class token rows missing in the file stay unchanged. */
export function fillPositions(
  target: NdArray,
  table: NdArray,
  plan: PositionPlan,
  resampling: Resampling = "antialiased",
): void {
  const { storedSide, wantedSide, classRows, storedRows } = plan;
  const width = table.shape[2]!;
  const rowAt = (row: number, count = 1) =>
    table.data.subarray(row * width, (row + count) * width) as Float32Array;
  for (const [i, row] of classRows.entries()) {
    if (row !== undefined) (target.data as Float32Array).set(rowAt(row), i * width);
  }
  if (wantedSide === 0) return;
  const patches = rowAt(storedRows, storedSide ** 2);
  const resized = resizeGrid(patches, storedSide, wantedSide, width, resampling);
  (target.data as Float32Array).set(resized, classRows.length * width);
}

/**
 * Bicubic resampling of a square grid as by PyTorch's `interpolate(mode="bicubic")`.
 *
 * `antialiased` widens the kernel by the factor of reduction (`a = -0.5`; `antialias=True`, which timm
 * uses); `bicubic` does not (`a = -0.75`, the border repeated; DINOv2).
 *
 * @param grid `[side, side, width]`, row by row
 * @returns `[wanted, wanted, width]`
 */
export function resizeGrid(
  grid: Float32Array,
  side: number,
  wanted: number,
  width: number,
  resampling: Resampling = "antialiased",
): Float32Array {
  if (side === wanted) return grid.slice();
  const sample = resampling === "bicubic" ? fourWeights : sampleWeights;
  const weights = Array.from({ length: wanted }, (_, i) => sample(i, side, wanted));
  const columns = allocate("float64", [side, wanted, width]).data;
  for (let y = 0; y < side; y++) {
    for (const [x, taps] of weights.entries()) {
      for (const { at, weight } of taps) {
        for (let d = 0; d < width; d++) {
          columns[(y * wanted + x) * width + d]! += weight * grid[(y * side + at) * width + d]!;
        }
      }
    }
  }
  const result = new Float64Array(wanted * wanted * width);
  const rowSize = wanted * width;
  for (const [y, taps] of weights.entries()) {
    for (const { at, weight } of taps) {
      for (let i = 0; i < rowSize; i++) {
        result[y * rowSize + i]! += weight * columns[at * rowSize + i]!;
      }
    }
  }
  return Float32Array.from(result);
}

/** The source indices of sample `index` of `wanted`, with normalised weights. */
function sampleWeights(index: number, size: number, wanted: number) {
  const scale = size / wanted;
  const stretch = Math.max(1, scale);
  const center = (index + 0.5) * scale;
  const first = Math.max(0, Math.trunc(center - 2 * stretch + 0.5));
  const end = Math.min(size, Math.trunc(center + 2 * stretch + 0.5));
  const taps = Array.from({ length: end - first }, (_, i) => ({
    at: first + i,
    weight: cubic((first + i + 0.5 - center) / stretch),
  }));
  const total = taps.reduce((sum, { weight }) => sum + weight, 0);
  return taps.map(({ at, weight }) => ({ at, weight: weight / total }));
}

/** The four source indices around sample `index`; those beyond the border repeat it. */
function fourWeights(index: number, size: number, wanted: number) {
  const center = (index + 0.5) * (size / wanted) - 0.5;
  const first = Math.floor(center) - 1;
  return Array.from({ length: 4 }, (_, i) => ({
    at: Math.min(size - 1, Math.max(0, first + i)),
    weight: cubic(first + i - center, -0.75),
  }));
}

/** Keys' cubic convolution kernel. */
function cubic(x: number, a = -0.5): number {
  const t = Math.abs(x);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? a * (((t - 5) * t + 8) * t - 4) : 0;
}
