/** The original binary files of CIFAR-10: records of a label byte and 3 x 32 x 32 bytes by channel. */

import { UserError } from "../../graph/errors.ts";

/** Height and width of an image, pixels. */
export const cifarSide = 32;
const pixels = cifarSide * cifarSide;
/** Bytes of a record: the label, then the red, the green and the blue plane. */
export const cifarRecordBytes = 1 + 3 * pixels;
const numClasses = 10;

/** One labelled image. */
export interface CifarRecord {
  readonly label: number;
  /** Red, green and blue planes, 3 x 32 x 32; a view of the file's bytes. */
  readonly planes: Uint8Array;
}

/**
 * Splits the bytes of `data_batch_N.bin` or `test_batch.bin` into records; `name` is used in messages.
 *
 * @throws UserError for a truncated file or an invalid label
 */
export function readCifarRecords(bytes: Uint8Array, name: string): CifarRecord[] {
  const count = bytes.length / cifarRecordBytes;
  if (!Number.isInteger(count) || count === 0) {
    throw new UserError(
      `${name} is not a CIFAR-10 file: its ${bytes.length} bytes are not a multiple of the record size ${cifarRecordBytes}; download it again`,
    );
  }
  return Array.from({ length: count }, (_, index) => {
    const start = index * cifarRecordBytes;
    const label = bytes[start]!;
    if (label >= numClasses) {
      throw new UserError(
        `${name} is not a CIFAR-10 file: record ${index} has label ${label}, above ${numClasses - 1}; download it again`,
      );
    }
    return { label, planes: bytes.subarray(start + 1, start + cifarRecordBytes) };
  });
}

/** Writes the planes of a record to `out` by row, column, channel. */
export function interleave(planes: Uint8Array, out: Uint8Array): void {
  for (let pixel = 0; pixel < pixels; pixel++) {
    out[3 * pixel] = planes[pixel]!;
    out[3 * pixel + 1] = planes[pixels + pixel]!;
    out[3 * pixel + 2] = planes[2 * pixels + pixel]!;
  }
}
