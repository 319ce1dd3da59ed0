/** The JSON header of a safetensors file, checked before any tensor is touched. */
import * as z from "zod";
import { UserError } from "../graph/errors.ts";

/** The limit of Python's `safetensors`. */
const maxHeaderBytes = 100_000_000;

/** One tensor's header entry; offsets are relative to the end of the header. */
export interface HeaderEntry {
  name: string;
  dtype: string;
  shape: number[];
  begin: number;
  end: number;
}

export interface Header {
  /** Tensors in the order of their offsets. */
  entries: HeaderEntry[];
  metadata: Record<string, string>;
  /** Offset of the first byte after the header. */
  dataStart: number;
}

const count = z.int().nonnegative();
const entrySchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(count),
  data_offsets: z.tuple([count, count]),
});
const metadataSchema = z.record(z.string(), z.string());

/**
 * Reads and checks the header of a safetensors file; errors name `source`.
 *
 * @param bytes the file, or its start up to the end of the header
 * @param fileBytes size of the file
 * @throws UserError if the header is invalid
 */
export function parseHeader(bytes: Uint8Array, source: string, fileBytes = bytes.length): Header {
  const dataStart = headerEnd(bytes, fileBytes, source);
  const text = headerText(bytes.subarray(8, dataStart), source);
  const fields = parseJson(text, source);
  const duplicate = duplicateKey(text);
  if (duplicate !== undefined) {
    throw new UserError(
      `${source}: the header names tensor "${duplicate}" twice; the file is corrupt`,
    );
  }
  let metadata: Record<string, string> = {};
  const entries: HeaderEntry[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (name === "__metadata__") {
      const parsed = metadataSchema.safeParse(value);
      if (!parsed.success) throw new UserError(`${source}: __metadata__ must map texts to texts`);
      metadata = parsed.data;
      continue;
    }
    const parsed = entrySchema.safeParse(value);
    if (!parsed.success || parsed.data.data_offsets[0] > parsed.data.data_offsets[1]) {
      throw new UserError(
        `${source}: the header entry of tensor "${name}" is not {dtype, shape, data_offsets: [begin, end]}; the file is corrupt`,
      );
    }
    const { dtype, shape, data_offsets } = parsed.data;
    entries.push({ name, dtype, shape, begin: data_offsets[0], end: data_offsets[1] });
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  return { entries, metadata, dataStart };
}

/**
 * First byte after the header of a safetensors file.
 *
 * @param start at least the first 8 bytes of the file
 * @param fileBytes size of the file
 * @throws UserError if the file is too short or the header too long
 */
export function headerEnd(start: Uint8Array, fileBytes: number, source: string): number {
  if (fileBytes < 8) {
    throw new UserError(
      `${source}: ${fileBytes} bytes are too few for a safetensors file; it is truncated`,
    );
  }
  const length = Number(new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true));
  if (length > maxHeaderBytes) {
    throw new UserError(
      `${source}: its header has ${length} bytes, more than the limit of ${maxHeaderBytes}; this is not a safetensors file`,
    );
  }
  if (8 + length > fileBytes) {
    throw new UserError(
      `${source}: its header has ${length} bytes but the file only ${fileBytes}; it is truncated`,
    );
  }
  return 8 + length;
}

function headerText(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`${source}: its header is not UTF-8 text; the file is corrupt`);
  }
}

function parseJson(text: string, source: string): Record<string, unknown> {
  let fields: unknown;
  try {
    fields = text.startsWith("{") ? JSON.parse(text) : undefined;
  } catch {
    fields = undefined;
  }
  if (typeof fields !== "object" || fields === null) {
    throw new UserError(`${source}: its header is not a JSON object; the file is corrupt`);
  }
  return fields as Record<string, unknown>;
}

/** The first duplicate top-level key of valid JSON `text`; JSON.parse keeps only the last one. */
function duplicateKey(text: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  let lastString = "";
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (token !== ":") lastString = token;
    else if (depth === 1) {
      const key: string = JSON.parse(lastString);
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return undefined;
}
