/** Fashion-MNIST and MNIST: 28 x 28 grey images in ten classes, from four IDX files. */

import { join } from "node:path";
import * as z from "zod";
import { type IdxArray, readIdx } from "../../formats/idx.ts";
import { defined } from "../../graph/defined.ts";
import { UserError } from "../../graph/errors.ts";
import { carve, openShared, toSharedMemory } from "../array-dataset.ts";
import type { ImageDataset, Split } from "../dataset.ts";
import { defineDataset } from "../define-dataset.ts";
import type { DatasetDescription, RemoteFile } from "../description.ts";
import { dataRoot, readMaybeGzipped } from "../read-gzipped.ts";
import { count, root } from "../settings/files.ts";
import { imageKeys } from "../settings/image.ts";
import { splitSpec } from "../settings/split-spec.ts";
import { captionKeys } from "../settings/text.ts";
import { fashionMnistClasses, mnistClasses } from "./classes.ts";

/** Fashion-MNIST or MNIST from IDX files in `<root>/<name>/`, gzipped or not. */
export interface IdxSpec<Name extends IdxName = IdxName> {
  readonly name: Name;
  readonly split: Split;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
  /** Training images set aside as the validation split, by default 5000. */
  readonly validationSize?: number;
}

type IdxName = "fashion-mnist" | "mnist";

const classes = { "fashion-mnist": fashionMnistClasses, mnist: mnistClasses } as const;
const side = 28;
const imageShape = { height: side, width: side, channels: 1 } as const;
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
      imageShape,
      images: toSharedMemory(images),
      labels: toSharedMemory(labels),
      members,
    },
    classes[name].classNames,
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
  checkPair(folder, images, labels, classes[name].classNames.length);
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

type IdxFile = readonly [name: string, bytes: number, md5: string];

function idxFiles(base: string, files: readonly IdxFile[]): RemoteFile[] {
  return files.map(([name, bytes, md5]) => ({ name, url: `${base}/${name}`, bytes, md5 }));
}

function defineIdx<const Name extends IdxName>(
  name: Name,
  description: Omit<DatasetDescription, "name" | "splits" | "classNames">,
) {
  return defineDataset({
    name,
    kind: "image",
    splits: { train: 60_000, test: 10_000 },
    ...description,
    ...classes[name],
    schema: z.strictObject({
      name: z.literal(name).describe("Name of the data set."),
      root,
      validation_size: count.describe("Samples of the validation split."),
      ...captionKeys,
      ...imageKeys,
    }),
    spec: (settings, split) => ({ ...splitSpec(settings, split), name }),
    open: (spec: IdxSpec<Name>) => openFashionMnist(spec),
    describe: () => ({ classNames: classes[name].classNames, imageShape }),
    optionsForModel: ({ root }) => defined({ root }),
  });
}

/** The definition of Fashion-MNIST. */
export const fashionMnist = defineIdx("fashion-mnist", {
  title: "Fashion-MNIST",
  description: "28 x 28 grey images of clothing; 10 classes",
  terms: "MIT",
  homepage: "https://github.com/zalandoresearch/fashion-mnist",
  files: idxFiles("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com", [
    ["train-images-idx3-ubyte.gz", 26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"],
    ["train-labels-idx1-ubyte.gz", 29_515, "25c81989df183df01b3e8a0aad5dffbe"],
    ["t10k-images-idx3-ubyte.gz", 4_422_102, "bef4ecab320f06d8554ea6380940ec79"],
    ["t10k-labels-idx1-ubyte.gz", 5148, "bb300cfdad3c16e7a12a480ee83cd310"],
  ]),
});

/** The definition of MNIST. */
export const mnist = defineIdx("mnist", {
  title: "MNIST",
  description: "28 x 28 grey images of handwritten digits; 10 classes",
  terms: "CC BY-SA 3.0",
  homepage: "http://yann.lecun.com/exdb/mnist",
  files: idxFiles("https://ossci-datasets.s3.amazonaws.com/mnist", [
    ["train-images-idx3-ubyte.gz", 9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"],
    ["train-labels-idx1-ubyte.gz", 28_881, "d53e105ee54ea40749a09fcbcd1e9432"],
    ["t10k-images-idx3-ubyte.gz", 1_648_877, "9fb629c4189551a2d022fa330f9573f3"],
    ["t10k-labels-idx1-ubyte.gz", 4542, "ec29112dd5afa0611ce80d1b7f02629c"],
  ]),
});
