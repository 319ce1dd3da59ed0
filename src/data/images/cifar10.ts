/** CIFAR-10: 32 x 32 colour images in ten classes, from Parquet or from the original binary files. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { defined } from "../../graph/defined.ts";
import { usageError } from "../../graph/errors.ts";
import { carve, openShared } from "../array-dataset.ts";
import type { ImageDataset, Split } from "../dataset.ts";
import { defineDataset } from "../define-dataset.ts";
import { dataRoot, readMaybeGzipped } from "../read-gzipped.ts";
import { count, root } from "../settings/files.ts";
import { imageKeys, pictureKeys } from "../settings/image.ts";
import { splitSpec } from "../settings/split-spec.ts";
import { captionKeys } from "../settings/text.ts";
import { checkLabel, findShards, openShards } from "../shards.ts";
import { cifarRecordBytes, cifarSide, interleave, readCifarRecords } from "./cifar-binary.ts";
import { cifar10Classes } from "./cifar10-classes.ts";
import { type EncodedSample, type StoreHooks, type StoreOptions, storeImages } from "./store.ts";

/** CIFAR-10 in `<root>/cifar10/`. */
export interface Cifar10Spec extends Pick<StoreOptions, "onBroken"> {
  readonly name: "cifar10";
  readonly split: Split;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
  /** Training images set aside as the validation split, by default 5000. */
  readonly validationSize?: number;
}

const maxRows = 60_000;
const imageBytes = 3 * cifarSide * cifarSide;
const imageShape = { height: cifarSide, width: cifarSide, channels: 3 } as const;
const { classNames } = cifar10Classes;
const place =
  "unpack the binary version of its homepage, or put the Parquet files of uoft-cs/cifar10 on the Hugging Face hub, into cifar10/ within the data root";

/**
 * Opens a split of CIFAR-10; the validation split is drawn from the training images. The binary
 * files, which are lossless, are preferred if all are present; otherwise the Parquet files are read.
 *
 * @throws UserError (exit code 2) if files are missing
 *
 * @example
 * const test = await openCifar10({ name: "cifar10", split: "test" }); // 10,000 images
 */
export async function openCifar10(
  spec: Cifar10Spec,
  hooks: StoreHooks = {},
): Promise<ImageDataset> {
  const folder = join(dataRoot(spec.root), "cifar10");
  const binary = findBinary(folder, spec.split);
  if (binary !== undefined) return openBinary(spec, binary);
  const part = spec.split === "test" ? "test" : "train";
  if ((await findShards(folder, part)).length === 0) {
    throw usageError(
      `${folder} has neither ${part}-00000-of-00001.parquet nor all of ${binaryNames(spec.split).join(", ")}; ${place}`,
    );
  }
  return openFromParquet(spec, folder, part, hooks);
}

async function openFromParquet(
  spec: Cifar10Spec,
  folder: string,
  part: "train" | "test",
  hooks: StoreHooks,
): Promise<ImageDataset> {
  const columns = { "img.bytes": "bytes", label: "integer" } as const;
  const shards = await openShards(folder, part, columns, { maxRows, hint: place });
  const members = membersOf(spec, shards.numRows);
  const wanted = new Set(members);
  async function* samples(): AsyncGenerator<EncodedSample> {
    for await (const { row, index, source } of shards.rows()) {
      if (!wanted.has(index)) continue;
      const label = checkLabel(row.label, classNames.length, source);
      yield { source, label, read: () => row["img.bytes"] };
    }
  }
  const { name, split } = spec;
  const encoded = { name, split, classNames, length: members.length, samples: samples() };
  return storeImages(encoded, spec, hooks);
}

async function openBinary(spec: Cifar10Spec, paths: readonly string[]): Promise<ImageDataset> {
  const maxBytes = maxRows * cifarRecordBytes;
  const read = async (path: string) =>
    readCifarRecords(await readMaybeGzipped(path, { maxBytes, hint: place }), path);
  const records = (await Promise.all(paths.map(read))).flat();
  const members = membersOf(spec, records.length);
  const images = new Uint8Array(new SharedArrayBuffer(members.length * imageBytes));
  const labels = new Uint8Array(new SharedArrayBuffer(members.length));
  members.forEach((member, slot) => {
    const { label, planes } = records[member]!;
    labels[slot] = label;
    interleave(planes, images.subarray(slot * imageBytes, (slot + 1) * imageBytes));
  });
  const { name, split } = spec;
  const all = members.map((_, slot) => slot);
  return openShared({ name, split, imageShape, images, labels, members: all }, classNames);
}

function membersOf(spec: Cifar10Spec, total: number): Uint32Array {
  if (spec.split === "test") return Uint32Array.from({ length: total }, (_, index) => index);
  return carve("cifar10", spec.split, total, spec.validationSize ?? 5000);
}

function binaryNames(split: Split): string[] {
  if (split === "test") return ["test_batch.bin"];
  return [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);
}

/** The paths of the binary files of a split, compressed or not, if all are present. */
function findBinary(folder: string, split: Split): string[] | undefined {
  for (const place of [folder, join(folder, "cifar-10-batches-bin")]) {
    const paths = binaryNames(split).map((name) => join(place, name));
    if (paths.every((path) => existsSync(path) || existsSync(`${path}.gz`))) return paths;
  }
  return undefined;
}

/** The definition of CIFAR-10. */
export const cifar10 = defineDataset({
  name: "cifar10",
  kind: "image",
  title: "CIFAR-10",
  description: "32 x 32 colour images of vehicles and animals; 10 classes",
  terms: "none stated; research use",
  homepage: "https://www.cs.toronto.edu/~kriz/cifar.html",
  splits: { train: 50_000, test: 10_000 },
  ...cifar10Classes,
  files: [],
  place,
  schema: z.strictObject({
    name: z.literal("cifar10").describe("Name of the data set."),
    root,
    validation_size: count.describe("Samples of the validation split."),
    on_broken: pictureKeys.on_broken,
    ...captionKeys,
    ...imageKeys,
  }),
  spec: splitSpec,
  open: openCifar10,
  describe: () => ({ classNames, imageShape }),
  optionsForModel: ({ root, onBroken }) => ({ onBroken, ...defined({ root }) }),
});
