/** Small picture files and Parquet files for tests. */

import { encode } from "fast-png";
import { parquetWriteFile } from "hyparquet-writer";

/** A PNG of one colour. */
export function plainPng(width: number, height: number, color: readonly number[]): Uint8Array {
  const data = Uint8Array.from(
    { length: width * height * color.length },
    (_, at) => color[at % color.length]!,
  );
  return encode({ width, height, channels: color.length, depth: 8, data });
}

/** A PNG whose header has other sizes than its data, with a valid checksum. */
export function claimSize(png: Uint8Array, width: number, height: number): Uint8Array {
  const out = Buffer.from(png);
  out.writeUInt32BE(width, 16);
  out.writeUInt32BE(height, 20);
  out.writeUInt32BE(crc32(out.subarray(12, 29)), 29);
  return out;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

type Columns = Readonly<Record<string, readonly (number | string)[]>>;

/** A Parquet file with an `{ bytes, path }` column, integers and texts, in groups of two rows. */
export function writePictures(
  filename: string,
  pictureColumn: string,
  pictures: readonly (Uint8Array | null)[],
  columns: Columns,
  codec: "UNCOMPRESSED" | "SNAPPY" = "SNAPPY",
): void {
  const names = Object.keys(columns);
  const isText = (name: string): boolean => typeof columns[name]![0] === "string";
  parquetWriteFile({
    filename,
    codec,
    rowGroupSize: 2,
    columnData: [
      { name: pictureColumn, data: pictures.map((bytes) => ({ bytes, path: null })) },
      ...names.map((name) => ({
        name,
        data: isText(name) ? [...columns[name]!] : columns[name]!.map((one) => BigInt(one)),
      })),
    ],
    schema: [
      { name: "root", num_children: 1 + names.length },
      { name: pictureColumn, num_children: 2, repetition_type: "OPTIONAL" },
      { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
      { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
      ...names.map((name) =>
        isText(name)
          ? ({
              name,
              type: "BYTE_ARRAY",
              converted_type: "UTF8",
              repetition_type: "OPTIONAL",
            } as const)
          : ({ name, type: "INT64", repetition_type: "OPTIONAL" } as const),
      ),
    ],
  });
}
