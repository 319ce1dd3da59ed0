/** CIFAR-10: 32 x 32 colour images in ten classes, from Parquet or from the original binary files. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { usageError } from "../../graph/errors.ts";
import { carve, openShared } from "../array-dataset.ts";
import type { ImageDataset, Split } from "../dataset.ts";
import { dataRoot, readMaybeGzipped } from "../read-gzipped.ts";
import { cifarRecordBytes, cifarSide, interleave, readCifarRecords } from "./cifar-binary.ts";
import { cifar10 } from "./descriptions.ts";
import { checkLabel, findShards, openShards } from "./shards.ts";
import type { Cifar10Spec } from "./specs.ts";
import { type EncodedSample, type StoreHooks, storeImages } from "./store.ts";

const maxRows = 60_000;
const imageBytes = 3 * cifarSide * cifarSide;

/**
 * Opens a split of CIFAR-10; the validation split is carved from the training images. The binary
 * files, which have no losses, are taken where all are there; else the Parquet files.
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
      `${folder} has neither ${part}-00000-of-00001.parquet nor all of ${binaryNames(spec.split).join(", ")}; ${cifar10.place}`,
    );
  }
  return openFromParquet(spec, folder, part, hooks);
}

async function openFromParquet(
  spec: Cifar10Spec,
  folder: string,
  part: string,
  hooks: StoreHooks,
): Promise<ImageDataset> {
  const columns = { "img.bytes": "bytes", label: "integer" } as const;
  const shards = await openShards(folder, part, columns, { maxRows, hint: cifar10.place });
  const members = membersOf(spec, shards.numRows);
  const wanted = new Set(members);
  async function* samples(): AsyncGenerator<EncodedSample> {
    for await (const { row, index, source } of shards.rows()) {
      if (!wanted.has(index)) continue;
      const label = checkLabel(row.label, cifar10.classNames.length, source);
      yield { source, label, read: () => row["img.bytes"] };
    }
  }
  const { name, split } = spec;
  const { classNames } = cifar10;
  const encoded = { name, split, classNames, length: members.length, samples: samples() };
  return storeImages(encoded, spec, hooks);
}

async function openBinary(spec: Cifar10Spec, paths: readonly string[]): Promise<ImageDataset> {
  const maxBytes = maxRows * cifarRecordBytes;
  const read = async (path: string) =>
    readCifarRecords(await readMaybeGzipped(path, { maxBytes, hint: cifar10.place }), path);
  const records = (await Promise.all(paths.map(read))).flat();
  const members = membersOf(spec, records.length);
  const images = new Uint8Array(new SharedArrayBuffer(members.length * imageBytes));
  const labels = new Uint8Array(new SharedArrayBuffer(members.length));
  members.forEach((member, slot) => {
    const { label, planes } = records[member]!;
    labels[slot] = label;
    interleave(planes, images.subarray(slot * imageBytes, (slot + 1) * imageBytes));
  });
  const imageShape = { height: cifarSide, width: cifarSide, channels: 3 };
  const { name, split } = spec;
  const all = members.map((_, slot) => slot);
  return openShared({ name, split, imageShape, images, labels, members: all }, cifar10.classNames);
}

function membersOf(spec: Cifar10Spec, total: number): Uint32Array {
  if (spec.split === "test") return Uint32Array.from({ length: total }, (_, index) => index);
  return carve("cifar10", spec.split, total, spec.validationSize ?? 5000);
}

function binaryNames(split: Split): string[] {
  if (split === "test") return ["test_batch.bin"];
  return [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);
}

/** The paths of the binary files of a split, packed or not, if all are there. */
function findBinary(folder: string, split: Split): string[] | undefined {
  for (const place of [folder, join(folder, "cifar-10-batches-bin")]) {
    const paths = binaryNames(split).map((name) => join(place, name));
    if (paths.every((path) => existsSync(path) || existsSync(`${path}.gz`))) return paths;
  }
  return undefined;
}
