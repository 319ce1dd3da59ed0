/** Data sets with decoded images in shared memory, so that worker threads need not read files. */

import { usageError } from "../graph/errors.ts";
import { foldIn, key, permutation } from "../random/index.ts";
import { checkIndex, type ImageDataset, type SharedImages, type Split } from "./dataset.ts";

/** A data set over decoded images; `shared` can be sent to a worker, which opens it with this again. */
export function openShared(shared: SharedImages, classNames: readonly string[]): ImageDataset {
  const { name, split, imageShape, images, labels, members, captions, domains } = shared;
  const { height, width, channels } = imageShape;
  const bytes = height * width * channels;
  const names = domains && [...new Set(Array.from(members, (stored) => domains[stored]!))].sort();
  return {
    kind: "image",
    name,
    split,
    length: members.length,
    classNames,
    imageShape,
    shared,
    ...(names && {
      domains: {
        names,
        of: (index: number) => names.indexOf(domains[members[index]!]!),
      },
    }),
    get: (index) => {
      checkIndex(index, members.length, `${name} ${split}`);
      const stored = members[index]!;
      const image = images.subarray(stored * bytes, (stored + 1) * bytes);
      return {
        image,
        height,
        width,
        channels,
        label: labels[stored]!,
        ...(captions && { captions: captions[stored]! }),
        ...(domains && { domain: domains[stored]! }),
        index,
      };
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
  checkValidationSize(name, split, validationSize, total);
  const order = permutation(foldIn(foldIn(key(0), "validation"), name), total);
  const members =
    split === "validation" ? order.slice(0, validationSize) : order.slice(validationSize);
  return members.sort();
}

function checkValidationSize(name: string, split: Split, size: number, total: number): void {
  if (!Number.isInteger(size) || size < 0 || size >= total) {
    throw usageError(
      `${name}: validation_size must be an integer from 0 to ${total - 1}, got ${size}`,
    );
  }
  if (split === "validation" && size === 0) {
    throw usageError(`${name}: the validation split is empty; set validation_size above 0`);
  }
}

/** A copy in memory that threads share. */
export function toSharedMemory(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}
