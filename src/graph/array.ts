/// <reference lib="esnext.disposable" preserve="true" />
/** Plain arrays with a shape: the inputs and outputs of graphs. */

import { bfloat16ToNumber, numberToBfloat16 } from "./bfloat16.ts";
import { UserError } from "./errors.ts";
import { formatBytes } from "./format-bytes.ts";

/** Element types of arrays, with NumPy's names; graphs compute with all but `bfloat16`, which weights may have. */
export type DType = "float32" | "float64" | "bfloat16" | "int64" | "int32" | "uint8" | "bool";

interface Stores {
  float32: Float32Array;
  float64: Float64Array;
  bfloat16: Uint16Array;
  int64: BigInt64Array;
  int32: Int32Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

export type TypedArray = Stores[DType];

/**
 * A dense row-major array: `data.length` is the product of `shape`. Booleans are bytes 0 or 1, bfloat16 numbers
 * their 16 bits.
 */
export interface NdArray<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: Stores[D];
}

const constructors = {
  float32: Float32Array,
  float64: Float64Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** Whether `name` is an element type. */
export function isDType(name: string): name is DType {
  return Object.hasOwn(constructors, name);
}

/** Bytes of one element. */
export function bytesPerElement(dtype: DType): number {
  return constructors[dtype].BYTES_PER_ELEMENT;
}

/** Number of elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/**
 * A zero-filled array over its own buffer.
 *
 * The buffer is allocated before the view: V8 keeps small typed arrays on its moving heap, and native
 * code that holds their address would write to the wrong place.
 */
export function allocate<D extends DType>(dtype: D, shape: readonly number[]): NdArray<D> {
  return view(dtype, shape, allocateBytes(elementCount(shape) * bytesPerElement(dtype)), 0);
}

/**
 * Zero-filled memory.
 *
 * @throws UserError if there is not enough
 */
export function allocateBytes(size: number): ArrayBuffer {
  try {
    return new ArrayBuffer(size);
  } catch (cause) {
    throw new UserError(
      `${formatBytes(size)} of memory cannot be allocated at once; lower the sizes of the model or of the batch`,
      { cause },
    );
  }
}

/** An array over `buffer`, starting at `byteOffset`, without a copy. */
export function view<D extends DType>(
  dtype: D,
  shape: readonly number[],
  buffer: ArrayBufferLike,
  byteOffset: number,
): NdArray<D> {
  const data = new constructors[dtype](buffer as ArrayBuffer, byteOffset, elementCount(shape));
  return { dtype, shape: [...shape], data: data as Stores[D] };
}

/** Nested lists of numbers; all lists at one depth have the same length. */
export type Nested = number | boolean | readonly Nested[];

/**
 * An array from nested lists.
 *
 * @throws RangeError if the lists are ragged, a value is no number, or the type is unknown
 *
 * @example
 * array([[1, 2], [3, 4]]).shape // [2, 2]
 */
export function array<D extends DType = "float32">(
  values: Nested,
  dtype: D = "float32" as D,
): NdArray<D> {
  if (!isDType(dtype)) {
    const known = Object.keys(constructors).join(", ");
    throw new RangeError(`array: the type must be one of ${known}, got ${dtype}`);
  }
  const shape: number[] = [];
  for (let level: Nested = values; Array.isArray(level); level = level[0] as Nested) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  const result = allocate(dtype, shape);
  let next = 0;
  const fill = (level: Nested, depth: number): void => {
    if (depth === shape.length) {
      if (typeof level === "object") throw new RangeError("array: the lists have different depths");
      if (typeof level !== "number" && typeof level !== "boolean" && typeof level !== "bigint") {
        const given = typeof level === "string" ? `"${level}"` : String(level);
        throw new RangeError(`array: all values must be numbers or booleans, got ${given}`);
      }
      result.data[next++] = elementOf(level, dtype) as never;
      return;
    }
    const list = level as readonly Nested[];
    if (!Array.isArray(list) || list.length !== shape[depth]) {
      throw new RangeError(
        `array: lists at depth ${depth} must all have ${shape[depth]} entries, got ${Array.isArray(list) ? list.length : typeof list}`,
      );
    }
    for (const entry of list) fill(entry, depth + 1);
  };
  fill(values, 0);
  return result;
}

function elementOf(value: number | boolean | bigint, dtype: DType): number | bigint {
  if (dtype === "int64") return wholeNumber(value);
  return dtype === "bfloat16" ? numberToBfloat16(Number(value)) : Number(value);
}

function wholeNumber(value: number | boolean | bigint): bigint {
  if (typeof value !== "number" || Number.isInteger(value)) return BigInt(value);
  throw new RangeError(`array: int64 holds whole numbers, got ${value}`);
}

/** The entries as JavaScript numbers in row-major order; int64 values beyond 2^53 lose digits. */
export function toNumbers(source: NdArray): number[] {
  if (source.dtype === "bfloat16") return Array.from(source.data as Uint16Array, bfloat16ToNumber);
  return Array.from(source.data as ArrayLike<number | bigint>, Number);
}
