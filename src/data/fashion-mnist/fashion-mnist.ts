/** Fashion-MNIST and MNIST: 28 x 28 grey images in ten classes, from four IDX files. */

import { join } from "node:path";
import { type IdxArray, readIdx } from "../../formats/idx.ts";
import { UserError } from "../../graph/errors.ts";
import { carve, openShared, toSharedMemory } from "../array-dataset.ts";
import type { IdxSpec, ImageDataset } from "../dataset.ts";
import { dataRoot, readMaybeGzipped } from "../read-gzipped.ts";
import { datasets } from "../registry.ts";

const side = 28;
const maxBytes = 60_000 * side * side + 16;

/**
 * Opens a split of Fashion-MNIST or MNIST; the validation split is carved from the training file.
 *
 * @example
 * const test = await openFashionMnist({ name: "fashion-mnist", split: "test" });
 */
export async function openFashionMnist(spec: IdxSpec): Promise<ImageDataset> {
  const { name, split, validationSize = 5000 } = spec;
  const part = split === "test" ? "t10k" : "train";
  const { images, labels } = await readIdxImages(name, part, spec.root);
  const total = labels.length;
  const members =
    split === "test"
      ? Uint32Array.from({ length: total }, (_, index) => index)
      : carve(name, split, total, validationSize);
  return openShared(
    {
      name,
      split,
      imageShape: { height: side, width: side, channels: 1 },
      images: toSharedMemory(images),
      labels: toSharedMemory(labels),
      members,
    },
    datasets[name].classNames,
  );
}

/** The images of one file, one after the other, with their classes. */
export interface IdxImages {
  readonly height: number;
  readonly width: number;
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

/** Reads the training or the test file of MNIST or Fashion-MNIST. */
export async function readIdxImages(
  name: IdxSpec["name"],
  part: "train" | "t10k",
  root?: string,
): Promise<IdxImages> {
  const folder = join(dataRoot(root), name);
  const read = async (file: string, rank: number): Promise<IdxArray> => {
    const path = join(folder, `${part}-${file}-ubyte.gz`);
    const hint = `run "moesaic data get ${name}" or set data.root to a folder that holds ${name}/`;
    return readIdx(await readMaybeGzipped(path, { maxBytes, hint }), { name: path, rank });
  };
  const [images, labels] = await Promise.all([read("images-idx3", 3), read("labels-idx1", 1)]);
  checkPair(folder, images, labels, datasets[name].classNames.length);
  return { height: side, width: side, images: images.data, labels: labels.data };
}

function checkPair(folder: string, images: IdxArray, labels: IdxArray, numClasses: number): void {
  const [total, height, width] = images.shape;
  if (height !== side || width !== side) {
    throw new UserError(`${folder}: images must be ${side} x ${side}, got ${height} x ${width}`);
  }
  if (labels.shape[0] !== total) {
    throw new UserError(
      `${folder}: ${total} images but ${labels.shape[0]} labels; download it again`,
    );
  }
  const wrong = labels.data.findIndex((label) => label >= numClasses);
  if (wrong >= 0) {
    throw new UserError(
      `${folder}: label ${wrong} is ${labels.data[wrong]}, above ${numClasses - 1}; download it again`,
    );
  }
}
