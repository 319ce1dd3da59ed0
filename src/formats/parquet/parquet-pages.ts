/**
 * Checks the pages of a Parquet column before they are decoded: a wrong count in a page could cause the
 * decoder to loop or exhaust the memory.
 */

// A published subpath of hyparquet, whose main entry does not read the headers of pages.
import { parquetHeader } from "hyparquet/src/column.js";
import { readRleBitPackedHybrid } from "hyparquet/src/encoding.js";
import { UnsupportedError } from "./parquet-checks.ts";
import { checkDelta, deltaEncodings } from "./parquet-delta.ts";

/** One column of a row group, as the footer describes it. */
export interface ColumnChunk {
  readonly rows: number;
  /** Number of values, including nulls: equal to the rows, except for a list. */
  readonly values: number;
  /** Maximum definition level: how many of the column and its parents may be null or repeated. */
  readonly maxDefinition: number;
  /** Maximum repetition level: 1 for a list, otherwise 0. */
  readonly maxRepetition: number;
  readonly maxPageBytes: number;
  readonly unpack: (input: Uint8Array, length: number) => Uint8Array;
}

type PageHeader = ReturnType<typeof parquetHeader>;

const dictionaryEncodings = ["PLAIN_DICTIONARY", "RLE_DICTIONARY"];

/** @throws Error that describes the problem, if the bytes of a column are invalid */
export function checkPages(bytes: Uint8Array, chunk: ColumnChunk): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = { view, offset: 0 };
  let values = 0;
  while (values < chunk.values || reader.offset < bytes.length - 1) {
    const header = parquetHeader(reader);
    const size = checkCount("a page", header.compressed_page_size, bytes.length - reader.offset);
    checkCount("an unpacked page", header.uncompressed_page_size, chunk.maxPageBytes);
    const page = bytes.subarray(reader.offset, reader.offset + size);
    reader.offset += size;
    values += checkPage(page, header, chunk, chunk.values - values);
  }
}

/** The number of values in a page, including nulls. */
function checkPage(
  page: Uint8Array,
  header: PageHeader,
  chunk: ColumnChunk,
  valuesLeft: number,
): number {
  const v1 = header.data_page_header;
  const v2 = header.data_page_header_v2;
  const unpacked = header.uncompressed_page_size;
  if (header.type === "DICTIONARY_PAGE") {
    checkCount("a dictionary", header.dictionary_page_header?.num_values, unpacked);
    return 0;
  }
  if (header.type === "DATA_PAGE" && v1) {
    const values = checkCount("a page of values", v1.num_values, valuesLeft);
    let data = chunk.unpack(page, unpacked);
    let present = values;
    for (const highest of [chunk.maxRepetition, chunk.maxDefinition]) {
      if (highest === 0) continue;
      const length = new DataView(data.buffer, data.byteOffset, data.length).getUint32(0, true);
      checkCount("the levels of a page", length, data.length - 4);
      const levels = data.subarray(4, 4 + length);
      checkRuns(levels, levelBits(highest), values, true);
      if (highest === chunk.maxDefinition && deltaEncodings.includes(v1.encoding)) {
        present = countHighest(levels, highest, values);
      }
      data = data.subarray(4 + length);
    }
    checkValues(data, v1.encoding, present, chunk.maxPageBytes);
    return values;
  }
  if (header.type === "DATA_PAGE_V2" && v2) {
    const values = checkCount("a page of values", v2.num_values, valuesLeft);
    if (chunk.maxRepetition === 0 && v2.num_rows !== values) {
      throw new Error(`a page has ${v2.num_rows ?? "no number of"} rows of ${values} values`);
    }
    checkCount("the rows of a page", v2.num_rows, chunk.rows);
    checkCount("the nulls of a page", v2.num_nulls, values);
    const levelBytes = Math.min(page.length, unpacked);
    const lists = checkCount(
      "the list levels of a page",
      v2.repetition_levels_byte_length,
      chunk.maxRepetition > 0 ? levelBytes : 0,
    );
    if (chunk.maxRepetition > 0) {
      checkRuns(page.subarray(0, lists), levelBits(chunk.maxRepetition), values, true);
    }
    const levels = checkCount(
      "the levels of a page",
      v2.definition_levels_byte_length,
      levelBytes - lists,
    );
    const end = lists + levels;
    if (chunk.maxDefinition > 0) {
      checkRuns(page.subarray(lists, end), levelBits(chunk.maxDefinition), values, true);
    }
    const packed = page.subarray(end);
    const data = v2.is_compressed ? chunk.unpack(packed, unpacked - end) : packed;
    checkValues(data, v2.encoding, values - v2.num_nulls, chunk.maxPageBytes);
    return values;
  }
  throw new Error(`a page has the unknown type ${header.type}`);
}

function levelBits(highest: number): number {
  return 32 - Math.clz32(highest);
}

/** How many levels are the highest: the number of values that are not null. */
function countHighest(levels: Uint8Array, highest: number, count: number): number {
  const view = new DataView(levels.buffer, levels.byteOffset, levels.byteLength);
  const read = new Array<number>(count);
  readRleBitPackedHybrid({ view, offset: 0 }, levelBits(highest), read, levels.length);
  return read.filter((level) => level === highest).length;
}

function checkValues(data: Uint8Array, encoding: string, rows: number, maxBytes: number): void {
  if (encoding === "PLAIN") return;
  if (deltaEncodings.includes(encoding)) {
    checkDelta(data, encoding, rows, maxBytes);
    return;
  }
  if (!dictionaryEncodings.includes(encoding)) {
    throw new UnsupportedError(
      `the encoding ${encoding} is not read; write the column plain, with a dictionary or with a DELTA encoding`,
    );
  }
  if (data.length > 0) checkRuns(data.subarray(1), data[0]!, rows, false);
}

/** Walks over runs of repeated and packed numbers; none may exceed `count`. */
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
    // Packed runs are padded to a multiple of eight.
    checkCount("a run", length, isPacked ? count - seen + 7 : count - seen, 1);
    at += isPacked ? Math.floor(header / 2) * bits : Math.ceil(bits / 8);
    seen += length;
  }
  if (complete && seen < count) throw new Error(`levels of ${seen} values, expected ${count}`);
}

function checkCount(what: string, value: number | undefined, high: number, low = 0): number {
  if (value !== undefined && Number.isInteger(value) && value >= low && value <= high) return value;
  throw new Error(
    `${what} claims ${value === undefined ? "no size" : `a size of ${value}`}, expected ${low} to ${high}`,
  );
}
