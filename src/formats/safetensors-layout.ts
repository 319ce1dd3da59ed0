/** The places and element types of the tensors in a safetensors file, checked against its size. */
import { bytesPerElement, type DType, elementCount } from "../graph/array.ts";
import { UserError } from "../graph/errors.ts";
import { type NarrowType, narrowTypes } from "./narrow.ts";
import type { HeaderEntry } from "./safetensors-header.ts";

/** Element types that are written, in file order. */
export const writeOrder: readonly (readonly [DType, string])[] = [
  ["int64", "I64"],
  ["float64", "F64"],
  ["float32", "F32"],
  ["int32", "I32"],
  ["bfloat16", "BF16"],
  ["uint8", "U8"],
  ["bool", "BOOL"],
];
const dtypeOf = new Map(writeOrder.map(([dtype, code]) => [code, dtype]));

/** A tensor in a file; its bytes count from the end of the header. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
  /** Element type after reading. */
  readonly dtype: DType;
  /** Set for numbers that are widened on reading. */
  readonly narrow?: NarrowType;
  /** Element type in the file, such as `BF16`. */
  readonly code: string;
}

/** A tensor of an element type that is not read. */
export interface SkippedTensor extends Pick<StoredTensor, "name" | "begin" | "end"> {
  /** Its element type in the header. */
  readonly skipped: string;
}

/**
 * The tensors of a file in the order of their bytes.
 *
 * @param dataBytes bytes after the header
 * @param skipUnreadable returns tensors of an unknown type as skipped instead of refusing the file
 * @throws UserError if they overlap, leave gaps, are truncated or of an unknown type
 */
export function layOut(
  entries: readonly HeaderEntry[],
  dataBytes: number,
  source: string,
  skipUnreadable = false,
): (StoredTensor | SkippedTensor)[] {
  let expected = 0;
  const tensors = entries.map((entry) => {
    const { name, begin, end } = entry;
    if (begin !== expected) {
      const problem = begin < expected ? "overlaps the tensor before it" : "leaves a gap before it";
      throw new UserError(
        `${source}: tensor "${name}" starts at byte ${begin} and ${problem}, which ends at ${expected}; the file is corrupt`,
      );
    }
    if (end > dataBytes) {
      throw new UserError(
        `${source}: tensor "${name}" ends at byte ${end} but only ${dataBytes} bytes of data follow the header; the file is truncated`,
      );
    }
    expected = end;
    const isKnown = dtypeOf.has(entry.dtype) || narrowTypes.has(entry.dtype);
    if (skipUnreadable && !isKnown) return { name, begin, end, skipped: entry.dtype };
    return storedTensor(entry, source);
  });
  if (expected !== dataBytes) {
    throw new UserError(
      `${source}: ${dataBytes - expected} bytes follow the last tensor, which ends at byte ${expected}; the file is corrupt`,
    );
  }
  return tensors;
}

function storedTensor(entry: HeaderEntry, source: string): StoredTensor {
  const { name, dtype: code, shape, begin, end } = entry;
  const dtype = dtypeOf.get(code);
  const narrow = narrowTypes.get(code);
  if (!dtype && !narrow) {
    throw new UserError(
      `${source}: tensor "${name}" has dtype ${code}; readable are ${[...new Set([...dtypeOf.keys(), ...narrowTypes.keys()])].join(", ")}`,
    );
  }
  const size = elementCount(shape) * (narrow?.bytes ?? bytesPerElement(dtype!));
  if (size !== end - begin) {
    throw new UserError(
      `${source}: tensor "${name}" of shape [${shape.join(", ")}] and dtype ${code} needs ${size} bytes but has ${end - begin}; the file is corrupt`,
    );
  }
  if (narrow) return { name, shape, begin, end, code, dtype: "float32", narrow };
  return { name, shape, begin, end, code, dtype: dtype! };
}

/** Refuses booleans other than 0 and 1. */
export function checkBooleans(
  { name, dtype }: StoredTensor,
  bytes: Uint8Array,
  source: string,
): void {
  if (dtype === "bool" && bytes.some((byte) => byte > 1)) {
    throw new UserError(`${source}: tensor "${name}" has booleans other than 0 and 1`);
  }
}
