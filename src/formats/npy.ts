/** NumPy's file format for one array: `float32`, two axes, row-major. */
import { type NdArray, view } from "../graph/array.ts";
import { UserError } from "../graph/errors.ts";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // "\x93NUMPY"
/** Alignment of the data in bytes. */
const ALIGNMENT = 64;
const maxHeaderBytes = 65_535;

/**
 * The bytes before the data of a `float32` array `[rows, columns]`, version 1.0 of the format
 * (NumPy, numpy.lib.format); the data follows as little-endian numbers, row by row.
 */
function npyHeader(rows: number, columns: number): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const unpadded = MAGIC.length + 4 + text.length + 1;
  const size = Math.ceil(unpadded / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(size).fill(0x20);
  bytes.set([...MAGIC, 1, 0]);
  new DataView(bytes.buffer).setUint16(MAGIC.length + 2, size - MAGIC.length - 4, true);
  bytes.set(new TextEncoder().encode(text), MAGIC.length + 4);
  bytes[size - 1] = 0x0a;
  return bytes;
}

/**
 * An array `[rows, columns]` as the bytes of a `.npy` file.
 *
 * @throws RangeError if the array does not have two axes
 */
export function encodeNpy({ shape, data }: NdArray<"float32">): Uint8Array {
  const [rows, columns] = shape;
  if (shape.length !== 2) {
    throw new RangeError(`a table has two axes, got shape [${shape.join(", ")}]`);
  }
  const header = npyHeader(rows!, columns!);
  const bytes = new Uint8Array(header.length + data.byteLength);
  bytes.set(header);
  const values = new DataView(bytes.buffer, header.length);
  for (let at = 0; at < data.length; at++) values.setFloat32(4 * at, data[at]!, true);
  return bytes;
}

/**
 * Reads a `.npy` file of little-endian `float32` numbers, row-major, with two axes.
 *
 * @param name of the file, for messages
 * @throws UserError for other types and orders, and for files that are cut short or damaged
 */
export function decodeNpy(bytes: Uint8Array, name = "the file"): NdArray<"float32"> {
  const refuse = (reason: string): never => {
    throw new UserError(`${name} is not a table of float32 numbers: ${reason}`);
  };
  if (bytes.length < 12 || MAGIC.some((byte, at) => bytes[at] !== byte)) {
    refuse("it does not start with the .npy magic bytes");
  }
  const values = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = bytes[6]!;
  if (major < 1 || major > 3) refuse(`version ${major} of the format is not supported`);
  const start = major === 1 ? 10 : 12;
  const size = major === 1 ? values.getUint16(8, true) : values.getUint32(8, true);
  if (size > maxHeaderBytes || start + size > bytes.length) refuse(`its header has ${size} bytes`);
  const header = new TextDecoder("latin1").decode(bytes.subarray(start, start + size));
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  if (type !== "<f4") refuse(`its type is ${type ?? "missing"}, not <f4`);
  if (!/'fortran_order':\s*False/.test(header)) refuse("it is column-major, not row-major");
  const [, first, second] =
    /'shape':\s*\(\s*(\d{1,12})\s*,\s*(\d{1,12})\s*,?\s*\)/.exec(header) ?? [];
  if (first === undefined) refuse("it does not have two axes");
  const [rows, columns] = [Number(first), Number(second)];
  const held = bytes.length - start - size;
  if (rows * columns * 4 !== held) {
    refuse(`${rows} x ${columns} numbers take ${rows * columns * 4} bytes, but it holds ${held}`);
  }
  const result = view("float32", [rows, columns], new ArrayBuffer(held), 0);
  for (let at = 0; at < result.data.length; at++) {
    result.data[at] = values.getFloat32(start + size + 4 * at, true);
  }
  return result;
}
