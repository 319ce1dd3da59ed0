/**
 * Checks the pages of a Parquet column before they are decoded: a false count in a page would make
 * the decoder run on or fill the memory.
 */

import { parquetHeader } from "hyparquet/src/column.js";

/** One column of a row group, as the footer describes it. */
export interface ColumnChunk {
  readonly rows: number;
  /** Largest definition level: how many of the column and its parents may be null. */
  readonly maxDefinition: number;
  readonly maxPageBytes: number;
  readonly unpack: (input: Uint8Array, length: number) => Uint8Array;
}

type PageHeader = ReturnType<typeof parquetHeader>;

const dictionaryEncodings = ["PLAIN_DICTIONARY", "RLE_DICTIONARY"];

/** Throws a plain error that says what is wrong with the bytes of a column that is not repeated. */
export function checkPages(bytes: Uint8Array, chunk: ColumnChunk): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = { view, offset: 0 };
  let rows = 0;
  while (rows < chunk.rows || reader.offset < bytes.length - 1) {
    const header = parquetHeader(reader);
    const size = checkCount("a page", header.compressed_page_size, bytes.length - reader.offset);
    checkCount("an unpacked page", header.uncompressed_page_size, chunk.maxPageBytes);
    const page = bytes.subarray(reader.offset, reader.offset + size);
    reader.offset += size;
    rows += checkPage(page, header, chunk, chunk.rows - rows);
  }
}

/** The rows of a page. */
function checkPage(
  page: Uint8Array,
  header: PageHeader,
  chunk: ColumnChunk,
  rowsLeft: number,
): number {
  const v1 = header.data_page_header;
  const v2 = header.data_page_header_v2;
  const unpacked = header.uncompressed_page_size;
  if (header.type === "DICTIONARY_PAGE") {
    checkCount("a dictionary", header.dictionary_page_header?.num_values, unpacked);
    return 0;
  }
  if (header.type === "DATA_PAGE" && v1) {
    const rows = checkCount("a page of rows", v1.num_values, rowsLeft);
    const data = chunk.unpack(page, unpacked);
    let at = 0;
    if (chunk.maxDefinition > 0) {
      const length = new DataView(data.buffer, data.byteOffset, data.length).getUint32(0, true);
      checkCount("the levels of a page", length, data.length - 4);
      checkRuns(data.subarray(4, 4 + length), levelBits(chunk), rows, true);
      at = 4 + length;
    }
    checkValues(data.subarray(at), v1.encoding, rows);
    return rows;
  }
  if (header.type === "DATA_PAGE_V2" && v2) {
    const rows = checkCount("a page of rows", v2.num_values, rowsLeft);
    if (v2.num_rows !== rows) throw new Error(`a page has ${v2.num_rows} rows of ${rows} values`);
    checkCount("the nulls of a page", v2.num_nulls, rows);
    checkCount("the list levels of a page", v2.repetition_levels_byte_length, 0);
    const levels = checkCount(
      "the levels of a page",
      v2.definition_levels_byte_length,
      Math.min(page.length, unpacked),
    );
    if (chunk.maxDefinition > 0) checkRuns(page.subarray(0, levels), levelBits(chunk), rows, true);
    const packed = page.subarray(levels);
    const data = v2.is_compressed ? chunk.unpack(packed, unpacked - levels) : packed;
    checkValues(data, v2.encoding, rows);
    return rows;
  }
  throw new Error(`a page has the unknown type ${header.type}`);
}

function levelBits({ maxDefinition }: ColumnChunk): number {
  return 32 - Math.clz32(maxDefinition);
}

function checkValues(data: Uint8Array, encoding: string, rows: number): void {
  if (encoding === "PLAIN") return;
  if (!dictionaryEncodings.includes(encoding)) {
    throw new Error(`encoding ${encoding} is not read here; write it plain or with a dictionary`);
  }
  if (data.length > 0) checkRuns(data.subarray(1), data[0]!, rows, false);
}

/** Walks over runs of repeated and of packed numbers: none may go beyond `count`. */
function checkRuns(data: Uint8Array, bits: number, count: number, complete: boolean): void {
  if (bits > 32) throw new Error(`numbers of ${bits} bits`);
  let at = 0;
  let seen = 0;
  while (seen < count && at < data.length) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = data[at++];
      if (byte === undefined || shift > 28) throw new Error("a run without its length");
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const isPacked = header % 2 === 1;
    const length = isPacked ? 8 * Math.floor(header / 2) : header / 2;
    // Packed runs are filled up to a multiple of eight.
    checkCount("a run", length, isPacked ? count - seen + 7 : count - seen, 1);
    at += isPacked ? Math.floor(header / 2) * bits : Math.ceil(bits / 8);
    seen += length;
  }
  if (complete && seen < count) throw new Error(`levels of ${seen} values where ${count} are due`);
}

function checkCount(what: string, value: number | undefined, high: number, low = 0): number {
  if (value !== undefined && Number.isInteger(value) && value >= low && value <= high) return value;
  throw new Error(`${what} claims a size of ${value}, expected ${low} to ${high}`);
}
