/**
 * Cosine similarity of embedding rows.
 *
 * Axes: `N` and `M` rows, `P` width of a row.
 */

export interface Embeddings {
  /** Width of a row, `P`. */
  readonly width: number;
  /** Unit-length rows, contiguous. */
  readonly data: ArrayLike<number>;
}

/** Rows and columns of a tile of products that fits the processor's registers. */
const TILE = 4;

/** Number of rows, `N`. */
export function countRows({ width, data }: Embeddings): number {
  return data.length / width;
}

/** Divides each row by its length; zero rows are unchanged. */
export function normalizeRows({ width, data }: Embeddings): Embeddings {
  const result = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += width) {
    let sum = 0;
    for (let p = 0; p < width; p++) sum += data[start + p]! ** 2;
    const length = Math.sqrt(sum) || 1;
    for (let p = 0; p < width; p++) result[start + p] = data[start + p]! / length;
  }
  return { width, data: result };
}

/**
 * Cosines of every row of `from` with all rows of `to`, row by row. `float32` values are multiplied
 * and summed as doubles; equal rows have bit-equal cosines.
 *
 * @param from `[N, P]`
 * @param to `[M, P]`
 * @param visit receives a row index and its cosines `[M]`, which the next row overwrites
 * @throws RangeError if the widths differ
 */
export function forEachRow(
  from: Embeddings,
  to: Embeddings,
  visit: (row: number, cosines: Float64Array) => void,
): void {
  const { width } = from;
  if (width !== to.width) {
    throw new RangeError(`both inputs need rows of one width, got ${width} and ${to.width}`);
  }
  const [numRows, numColumns] = [countRows(from), countRows(to)];
  const [a, b] = [padded(from), padded(to)];
  const stride = b.length / width;
  const products = new Float64Array(TILE * stride);
  for (let start = 0; start < numRows; start += TILE) {
    multiply(a, start * width, b, width, products);
    for (let i = 0; i < TILE && start + i < numRows; i++) {
      visit(start + i, products.subarray(i * stride, i * stride + numColumns));
    }
  }
}

/**
 * Cosines of all pairs of rows, `[N, M]`.
 *
 * @throws RangeError if the widths differ
 */
export function cosineMatrix(from: Embeddings, to: Embeddings): Float64Array {
  const numColumns = countRows(to);
  const result = new Float64Array(countRows(from) * numColumns);
  forEachRow(from, to, (row, cosines) => result.set(cosines, row * numColumns));
  return result;
}

/** Indices of the `k` largest scores, in descending order; ties keep their order. */
export function largest(scores: ArrayLike<number>, k: number): number[] {
  const best: number[] = [];
  for (let at = 0; at < scores.length; at++) {
    const score = scores[at]!;
    if (best.length === k && score <= scores[best[k - 1]!]!) continue;
    let place = Math.min(best.length, k - 1);
    while (place > 0 && scores[best[place - 1]!]! < score) {
      best[place] = best[place - 1]!;
      place -= 1;
    }
    best[place] = at;
  }
  return best.slice(0, k);
}

/** A copy padded with zero rows to a multiple of the tile. */
function padded(rows: Embeddings): Float32Array {
  const tiles = Math.ceil(countRows(rows) / TILE);
  const copy = new Float32Array(tiles * TILE * rows.width);
  copy.set(rows.data);
  return copy;
}

/** Products of four rows of `a`, starting at `start`, with all rows of `b`, `[4, rows of b]`. */
function multiply(
  a: Float32Array,
  start: number,
  b: Float32Array,
  width: number,
  out: Float64Array,
): void {
  const stride = b.length / width;
  for (let i = 0; i < TILE; i += 2) {
    const a0 = start + i * width;
    const a1 = a0 + width;
    for (let j = 0; j < stride; j += TILE) {
      const b0 = j * width;
      const b1 = b0 + width;
      const b2 = b1 + width;
      const b3 = b2 + width;
      let s00 = 0;
      let s01 = 0;
      let s02 = 0;
      let s03 = 0;
      let s10 = 0;
      let s11 = 0;
      let s12 = 0;
      let s13 = 0;
      for (let p = 0; p < width; p++) {
        const x0 = a[a0 + p]!;
        const x1 = a[a1 + p]!;
        const y0 = b[b0 + p]!;
        const y1 = b[b1 + p]!;
        const y2 = b[b2 + p]!;
        const y3 = b[b3 + p]!;
        s00 += x0 * y0;
        s01 += x0 * y1;
        s02 += x0 * y2;
        s03 += x0 * y3;
        s10 += x1 * y0;
        s11 += x1 * y1;
        s12 += x1 * y2;
        s13 += x1 * y3;
      }
      const o0 = i * stride + j;
      const o1 = o0 + stride;
      out[o0] = s00;
      out[o0 + 1] = s01;
      out[o0 + 2] = s02;
      out[o0 + 3] = s03;
      out[o1] = s10;
      out[o1 + 1] = s11;
      out[o1 + 2] = s12;
      out[o1 + 3] = s13;
    }
  }
}
