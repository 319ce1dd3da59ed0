/** Checks the DELTA encodings of a Parquet page, whose lengths decide how much a decoder allocates. */

// Published subpaths of hyparquet, whose main entry does not decode single pages.
import { deltaBinaryUnpack } from "hyparquet/src/delta.js";

/** The encodings that this file checks. */
export const deltaEncodings: readonly string[] = [
  "DELTA_BINARY_PACKED",
  "DELTA_LENGTH_BYTE_ARRAY",
  "DELTA_BYTE_ARRAY",
];

interface Reader {
  readonly view: DataView;
  offset: number;
}

/**
 * Throws a plain error if the lengths in a page do not fit its bytes.
 *
 * @param count values that are not null
 * @param maxBytes most bytes that the decoded values may take
 */
export function checkDelta(
  data: Uint8Array,
  encoding: string,
  count: number,
  maxBytes: number,
): void {
  if (count === 0) return;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const reader: Reader = { view, offset: 0 };
  checkHeader(reader);
  if (encoding === "DELTA_BINARY_PACKED") return;
  const first = new Int32Array(count);
  deltaBinaryUnpack(reader, count, first);
  if (encoding === "DELTA_LENGTH_BYTE_ARRAY") {
    checkTotal(first, data.length - reader.offset);
    return;
  }
  checkHeader(reader);
  const suffixes = new Int32Array(count);
  deltaBinaryUnpack(reader, count, suffixes);
  checkTotal(suffixes, data.length - reader.offset);
  checkPrefixes(first, suffixes, maxBytes);
}

/** The header of packed numbers: the size of blocks, how many parts a block has, and their count. */
function checkHeader({ view, offset: start }: Reader): void {
  let offset = start;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = view.getUint8(offset++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Error("a number without its end");
  };
  const blockSize = next();
  const parts = next();
  const valid =
    blockSize > 0 && blockSize <= 2 ** 20 && parts > 0 && parts <= 1024 && blockSize % parts === 0;
  if (!valid) throw new Error(`blocks of ${blockSize} numbers in ${parts} parts`);
}

function checkTotal(lengths: Int32Array, available: number): void {
  let total = 0;
  for (const length of lengths) {
    if (length < 0) throw new Error(`a value of ${length} bytes`);
    total += length;
  }
  if (total > available) throw new Error(`values of ${total} bytes in ${available}`);
}

/** A prefix is taken from the value before it, so it cannot be longer. */
function checkPrefixes(prefixes: Int32Array, suffixes: Int32Array, maxBytes: number): void {
  let before = 0;
  let total = 0;
  for (let at = 0; at < prefixes.length; at++) {
    const prefix = prefixes[at]!;
    if (prefix < 0 || prefix > before) throw new Error(`a prefix of ${prefix} bytes`);
    before = prefix + suffixes[at]!;
    total += before;
  }
  if (total > maxBytes) throw new Error(`values of ${total} bytes`);
}
