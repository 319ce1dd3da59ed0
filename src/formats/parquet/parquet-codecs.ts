/** Decompresses the pages of Parquet files, each to its announced size. */

import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { snappyUncompress } from "hyparquet";

/** Unpacks a page to `length` bytes. */
export type Unpack = (input: Uint8Array, length: number) => Uint8Array;

/** The compression codecs that are read. */
export const codecs = [
  "UNCOMPRESSED",
  "SNAPPY",
  "GZIP",
  "BROTLI",
  "ZSTD",
  "LZ4",
  "LZ4_RAW",
] as const;

/**
 * Decompressors by codec. The package for Zstandard and LZ4 is loaded if a file needs it.
 *
 * @param used codecs of the file
 * @param maxBytes most bytes of a page
 */
export async function createUnpackers(
  used: ReadonlySet<string>,
  maxBytes: number,
): Promise<Readonly<Record<string, Unpack>>> {
  const checked = (length: number): number => {
    if (length >= 0 && length <= maxBytes) return length;
    throw new Error(`a page claims ${length} bytes`);
  };
  // The bytes get memory of their own, as numbers of eight bytes must be aligned.
  const unpackers: Record<string, Unpack> = {
    SNAPPY: (input, length) => {
      const output = new Uint8Array(checked(length));
      snappyUncompress(input, output);
      return output;
    },
    GZIP: (input, length) =>
      new Uint8Array(gunzipSync(input, { maxOutputLength: checked(length) || 1 })),
    BROTLI: (input, length) =>
      new Uint8Array(brotliDecompressSync(input, { maxOutputLength: checked(length) || 1 })),
  };
  if (!["ZSTD", "LZ4", "LZ4_RAW"].some((codec) => used.has(codec))) return unpackers;
  const others = await import("hyparquet-compressors");
  return {
    ...unpackers,
    ZSTD: (input, length) => {
      const output = new Uint8Array(checked(length));
      const read = others.decompressZstd(input, output);
      if (read.length !== length) throw new Error(`a page has ${read.length} bytes, not ${length}`);
      return output;
    },
    LZ4: (input, length) => others.decompressLz4(input, checked(length)),
    LZ4_RAW: (input, length) => others.decompressLz4Raw(input, checked(length)),
  };
}
