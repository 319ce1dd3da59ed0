/**
 * The safetensors file format: 8 bytes of header length (little-endian), a JSON header, then the
 * contiguous bytes of the tensors.
 *
 * Files are written like Python's `safetensors` writes them: wide element types first, names
 * sorted, so that every tensor is aligned to its element size.
 */
import { bytesPerElement, type DType, elementCount, type NdArray, view } from "../graph/array.ts";
import { widenToFloat32 } from "./narrow.ts";
import { parseHeader } from "./safetensors-header.ts";
import { checkBooleans, layOut, type StoredTensor, writeOrder } from "./safetensors-layout.ts";

/** The content of a safetensors file. */
export interface SafetensorsContent {
  tensors: Map<string, NdArray>;
  metadata: Record<string, string>;
  /** Element types that are not read, by tensor name; empty unless `skipUnreadable` is set. */
  unreadable: Map<string, string>;
}

/** Options of reading. */
export interface SafetensorsOptions {
  /** Leaves out tensors of element types that are not read, instead of failing. Default false. */
  readonly skipUnreadable?: boolean;
}

const codeOf = new Map<DType, string>(writeOrder);
const rankOf = new Map(writeOrder.map(([dtype], rank) => [dtype, rank]));

/**
 * The chunks of a safetensors file in order; tensors are not copied.
 *
 * @param tensors by name
 * @param metadata texts kept in the header under `__metadata__`
 * @throws RangeError if a tensor's data does not fit its shape
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, NdArray> | Readonly<Record<string, NdArray>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array[] {
  const entries = tensors instanceof Map ? [...tensors] : Object.entries<NdArray>(tensors as never);
  entries.sort(
    ([a, { dtype: left }], [b, { dtype: right }]) =>
      rankOf.get(left)! - rankOf.get(right)! || (a < b ? -1 : 1),
  );
  const fields: string[] = [];
  if (metadata) fields.push(`"__metadata__":${JSON.stringify(metadata)}`);
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { dtype, shape, data }] of entries) {
    if (name === "__metadata__" || data.length !== elementCount(shape)) {
      throw new RangeError(
        `safetensors: cannot write tensor "${name}" of shape [${shape}] with ${data.length} elements`,
      );
    }
    const end = offset + data.byteLength;
    const entry = { dtype: codeOf.get(dtype), shape, data_offsets: [offset, end] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    chunks.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset = end;
  }
  return [encodeHeader(`{${fields.join(",")}}`), ...chunks];
}

/** Length and header, padded with spaces so that the data starts at a multiple of 8. */
function encodeHeader(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  return bytes;
}

/**
 * Reads a safetensors file. Tensors are views into `bytes` if aligned, otherwise copies; F16 and BF16
 * are widened to float32.
 *
 * @param bytes the whole file
 * @param source name of the file in errors
 * @throws UserError if the file is truncated, corrupt, or has an unknown type
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  source = "safetensors file",
  { skipUnreadable = false }: SafetensorsOptions = {},
): SafetensorsContent {
  const { entries, metadata, dataStart } = parseHeader(bytes, source);
  const data = bytes.subarray(dataStart);
  const tensors = new Map<string, NdArray>();
  const unreadable = new Map<string, string>();
  for (const tensor of layOut(entries, data.length, source, skipUnreadable)) {
    const { name, begin, end } = tensor;
    if ("skipped" in tensor) unreadable.set(name, tensor.skipped);
    else tensors.set(name, readTensor(tensor, data.subarray(begin, end), source));
  }
  return { tensors, metadata, unreadable };
}

function readTensor(tensor: StoredTensor, bytes: Uint8Array, source: string): NdArray {
  const { dtype, shape, narrow } = tensor;
  if (narrow) return { dtype: "float32", shape, data: widenToFloat32(bytes, narrow) };
  checkBooleans(tensor, bytes, source);
  const aligned = bytes.byteOffset % bytesPerElement(dtype) === 0;
  const home = aligned ? bytes : new Uint8Array(bytes); // a Buffer's slice would be no copy
  return view(dtype, shape, home.buffer, home.byteOffset);
}
