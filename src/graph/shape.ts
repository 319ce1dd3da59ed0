/**
 * Shapes of symbolic tensors.
 *
 * A dimension is an integer, or an integer multiple of a symbol whose value is only known at run time.
 * `B` is the batch size; dropless dispatch adds one symbol per expert for its number of tokens.
 */

/** `factor` times the run-time value of `symbol`. */
export interface Multiple {
  readonly symbol: string;
  readonly factor: number;
}

export type Dim = number | Multiple;
export type Shape = readonly Dim[];

/** A multiple of the symbolic batch size: `batch(49)` is `49*B`. */
export function batch(factor = 1): Dim {
  return symbolic("B", factor);
}

/** A multiple of any run-time symbol. */
export function symbolic(symbol: string, factor = 1): Dim {
  return { symbol, factor };
}

export function isStatic(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === "number");
}

export function sameDim(a: Dim, b: Dim): boolean {
  if (typeof a === "number" || typeof b === "number") return a === b;
  return a.symbol === b.symbol && a.factor === b.factor;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => sameDim(dim, b[axis]!));
}

/**
 * The product of dimensions; at most one may be symbolic.
 *
 * @throws RangeError if two dimensions are symbolic
 */
export function product(dims: Shape): Dim {
  let factor = 1;
  let symbol: string | undefined;
  for (const dim of dims) {
    if (typeof dim === "number") factor *= dim;
    else if (symbol === undefined) {
      factor *= dim.factor;
      symbol = dim.symbol;
    } else {
      throw new RangeError(`cannot multiply two run-time dimensions in ${formatShape(dims)}`);
    }
  }
  return symbol === undefined ? factor : symbolic(symbol, factor);
}

/**
 * The sum of dimensions that are all integers or all multiples of one symbol.
 *
 * @throws RangeError if the dimensions cannot be added
 */
export function sum(dims: Shape): Dim {
  const symbols = new Set(dims.map((dim) => (typeof dim === "number" ? "" : dim.symbol)));
  if (symbols.size > 1) throw new RangeError(`cannot add the dimensions ${formatShape(dims)}`);
  const total = dims.reduce<number>(
    (accumulated, dim) => accumulated + (typeof dim === "number" ? dim : dim.factor),
    0,
  );
  const symbol = [...symbols][0] ?? "";
  return symbol === "" ? total : symbolic(symbol, total);
}

/** `dim / divisor`. @throws RangeError if it is not a whole number */
export function divideDim(dim: Dim, divisor: Dim): Dim {
  const [n, d] = [dim, divisor].map((x) => (typeof x === "number" ? x : x.factor)) as [
    number,
    number,
  ];
  const symbol = typeof dim === "number" ? undefined : dim.symbol;
  const cancels = typeof divisor !== "number" && divisor.symbol === symbol;
  if (d === 0 || n % d !== 0 || (typeof divisor !== "number" && !cancels)) {
    throw new RangeError(`${formatDim(dim)} is not a whole multiple of ${formatDim(divisor)}`);
  }
  return symbol === undefined || cancels ? n / d : symbolic(symbol, n / d);
}

/**
 * The broadcast shape of operands, by NumPy's rule.
 *
 * @throws RangeError if the shapes do not broadcast
 */
export function broadcastShapes(...shapes: Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let result: Dim = 1;
    for (const shape of shapes) {
      const dim = shape[axis - rank + shape.length] ?? 1;
      if (dim === 1 || sameDim(dim, result)) continue;
      if (result !== 1) {
        throw new RangeError(`cannot broadcast ${shapes.map(formatShape).join(" with ")}`);
      }
      result = dim;
    }
    return result;
  });
}

/** `axis`, or `axis + rank` if negative. @throws RangeError if it is outside the rank */
export function normalizeAxis(axis: number, rank: number): number {
  const result = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || result < 0 || result >= rank) {
    throw new RangeError(`axis ${axis} is outside a tensor of rank ${rank}`);
  }
  return result;
}

export function formatDim(dim: Dim): string {
  if (typeof dim === "number") return String(dim);
  return dim.factor === 1 ? dim.symbol : `${dim.factor}*${dim.symbol}`;
}

/** Formats a shape for messages: `[B, 49, 64]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.map(formatDim).join(", ")}]`;
}
