/**
 * Reads IDX files, the format of MNIST: two zero bytes, an element type, a rank, big-endian sizes,
 * then the elements.
 */

import { UserError } from "../graph/errors.ts";

export interface IdxArray {
  readonly shape: readonly number[];
  /** A view of the file's bytes; nothing is copied. */
  readonly data: Uint8Array;
}

export interface IdxLimits {
  /** Name of the file, for messages. */
  readonly name: string;
  readonly rank: number;
  /** Maximum element count, by default 2^30. */
  readonly maxElements?: number;
}

/** Reads an IDX array of unsigned bytes with a given rank. @throws UserError for other content */
export function readIdx(bytes: Uint8Array, limits: IdxLimits): IdxArray {
  const { name, rank, maxElements = 2 ** 30 } = limits;
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) {
    throw damaged(name, `expected a header of ${headerBytes} bytes, got ${bytes.length} bytes`);
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const magic = header.getUint32(0);
  const expectedMagic = 0x0800 + rank; // unsigned bytes
  if (magic !== expectedMagic) {
    throw damaged(name, `expected magic number ${hex(expectedMagic)}, got ${hex(magic)}`);
  }
  const shape = Array.from({ length: rank }, (_, axis) => header.getUint32(4 + 4 * axis));
  const elements = shape.reduce((product, size) => product * size, 1);
  if (elements > maxElements) {
    throw damaged(
      name,
      `its sizes ${shape.join(" x ")} exceed the limit of ${maxElements} elements`,
    );
  }
  const actual = bytes.length - headerBytes;
  if (actual !== elements) {
    const kind = actual < elements ? "is truncated" : "has bytes after its end";
    throw damaged(
      name,
      `it ${kind}: sizes ${shape.join(" x ")} need ${elements} bytes of data, got ${actual}`,
    );
  }
  return { shape, data: bytes.subarray(headerBytes) };
}

function damaged(name: string, reason: string): UserError {
  return new UserError(`${name} is not a valid IDX file: ${reason}; download it again`);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
