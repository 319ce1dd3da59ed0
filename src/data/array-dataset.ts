/** Data sets whose decoded images lie in shared memory, so that worker threads need not read files. */

import { foldIn, key, permutation } from "../random/index.ts";
import { checkIndex, type Dataset, type SharedImages, type Split } from "./dataset.ts";

/** A data set over decoded images; `shared` can be sent to a worker, which opens it with this again. */
export function openShared(shared: SharedImages, classNames: readonly string[]): Dataset {
  const { name, split, imageShape, images, labels, members } = shared;
  const { height, width, channels } = imageShape;
  const bytes = height * width * channels;
  return {
    name,
    split,
    length: members.length,
    classNames,
    imageShape,
    shared,
    get: (index) => {
      checkIndex(index, members.length, `${name} ${split}`);
      const stored = members[index]!;
      const image = images.subarray(stored * bytes, (stored + 1) * bytes);
      return { image, height, width, channels, label: labels[stored]!, index };
    },
  };
}

/**
 * Positions of a split in a stored training file of `total` samples: `validationSize` of them, drawn
 * by a fixed permutation, are the validation split, the others the training split.
 */
export function carve(
  name: string,
  split: Split,
  total: number,
  validationSize: number,
): Uint32Array {
  const order = permutation(foldIn(foldIn(key(0), "validation"), name), total);
  const members =
    split === "validation" ? order.slice(0, validationSize) : order.slice(validationSize);
  return members.sort();
}

/** A copy in memory that threads share. */
export function toSharedMemory(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}
