import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openShared } from "../array-dataset.ts";
import type { ReportItem } from "../data-report.ts";
import { type Cifar10Spec, openCifar10 } from "./cifar10.ts";
import { openFlickr8k } from "./flickr8k.ts";
import { openPacs } from "./pacs.ts";
import { claimSize, plainPng, writePictures } from "./pictures.fixture.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "moesaic-pictures-"));
  for (const name of ["cifar10", "flickr8k", "pacs"]) mkdirSync(join(root, name));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Picture i is filled with i. */
const pictures = (count: number, side: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => plainPng(side, side, [i, i, i]));

function cifar(split: Cifar10Spec["split"], more: object = {}): Cifar10Spec {
  return { name: "cifar10", split, root, validationSize: 3, ...more };
}

function writeCifar(name: string, images: readonly (Uint8Array | null)[]): void {
  const label = images.map((_, i) => i % 10);
  writePictures(join(root, "cifar10", name), "img", images, { label });
}

test("CIFAR-10 from several Parquet files: train and validation split the pictures", async () => {
  const all = pictures(12, 32);
  writeCifar("train-00000-of-00002.parquet", all.slice(0, 7));
  writeCifar("train-00001-of-00002.parquet", all.slice(7));
  const progress: number[] = [];
  const hooks = { onProgress: (done: number) => progress.push(done) };
  const train = await openCifar10(cifar("train"), hooks);
  const validation = await openCifar10(cifar("validation"));
  expect([train.length, validation.length, progress]).toEqual([9, 3, [9]]);
  expect(train.imageShape).toEqual({ height: 32, width: 32, channels: 3 });
  const stored = [train, validation].flatMap((set) =>
    Array.from({ length: set.length }, (_, index) => set.get(index)),
  );
  expect(stored.map(({ image }) => image[0]).sort((a, b) => a! - b!)).toEqual([...all.keys()]);
  for (const { image, label } of stored) {
    const value = image[0]!;
    expect(label).toBe(value < 7 ? value : value - 7);
    expect(image).toEqual(new Uint8Array(3072).fill(value));
  }
  expect(train.shared!.images.length).toBe(9 * 3072);
  expect(train.shared!.images.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(openShared(train.shared!, train.classNames).get(4)).toEqual(train.get(4));
});

test("CIFAR-10 from binary files, compressed or not, with interleaved planes", async () => {
  const record = (label: number) => {
    const planes = [10 + label, 20 + label, 30 + label].map((value) => Buffer.alloc(1024, value));
    return Buffer.concat([Buffer.from([label]), ...planes]);
  };
  const folder = join(root, "cifar10");
  for (const number of [1, 2, 3, 4, 5]) {
    const bytes = Buffer.concat([record(number), record(number - 1)]);
    const path = join(folder, `data_batch_${number}.bin`);
    if (number === 2) writeFileSync(path, bytes);
    else writeFileSync(`${path}.gz`, gzipSync(bytes));
  }
  const train = await openCifar10(cifar("train", { validationSize: 0 }));
  expect(Array.from({ length: 10 }, (_, i) => train.get(i).label)).toEqual([
    1, 0, 2, 1, 3, 2, 4, 3, 5, 4,
  ]);
  expect([...train.get(2).image.subarray(0, 6)]).toEqual([12, 22, 32, 12, 22, 32]);

  writeFileSync(join(folder, "test_batch.bin"), record(0).subarray(0, 3000));
  await expect(openCifar10(cifar("test"))).rejects.toThrow(
    "its 3000 bytes are not a multiple of the record size 3073",
  );
  writeFileSync(join(folder, "test_batch.bin"), Buffer.concat([record(0), record(10)]));
  await expect(openCifar10(cifar("test"))).rejects.toThrow("record 1 has label 10, above 9");
});

test("missing files, missing shards and invalid labels are reported", async () => {
  await expect(openCifar10(cifar("test"))).rejects.toThrow(
    /cifar10 has neither test-00000-of-00001.parquet nor all of test_batch.bin; unpack/,
  );
  writeCifar("test-00001-of-00002.parquet", pictures(1, 32));
  await expect(openCifar10(cifar("test"))).rejects.toThrow(
    "test has 2 files, but only these exist: test-00001-of-00002.parquet",
  );
  const path = join(root, "cifar10", "train-00000-of-00001.parquet");
  writePictures(path, "img", pictures(2, 32), { label: [0, 10] });
  await expect(openCifar10(cifar("train", { validationSize: 0 }))).rejects.toThrow(
    `${path} row 1: label 10 is not within 0 to 9`,
  );
});

test("a broken picture stops with its row, or is skipped and counted", async () => {
  const all: (Uint8Array | null)[] = pictures(8, 32);
  all[3] = Buffer.from("damaged");
  all[5] = null;
  all[6] = claimSize(plainPng(1, 1, [0, 0, 0]), 60_000, 60_000);
  writeCifar("test-00000-of-00001.parquet", all);
  const path = join(root, "cifar10", "test-00000-of-00001.parquet");
  await expect(openCifar10(cifar("test"))).rejects.toThrow(
    `${path} row 3 cannot be decoded: it is not a JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP, PPM or PGM picture; repair it`,
  );
  const told: ReportItem[] = [];
  const set = await openCifar10(cifar("test", { onBroken: "skip" }), {
    onReport: (skipped) => told.push(skipped),
  });
  expect(Array.from({ length: set.length }, (_, i) => set.get(i).label)).toEqual([0, 1, 2, 4, 7]);
  expect(set.get(3).image[0]).toBe(4);
  expect(told).toMatchObject([
    { kind: "skipped", count: 1, of: 8, example: `${path} row 3` },
    { count: 1, reason: "it is empty", example: `${path} row 5` },
    { count: 1, reason: "it has more than 64000000 pixels", example: `${path} row 6` },
  ]);
  expect(told[0]!.message).toBe(
    `cifar10 test: skipped 1 of 8 pictures: it is not a JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP, PPM or PGM picture; the first: ${path} row 3`,
  );
  writeCifar("test-00000-of-00001.parquet", [null, null]);
  await expect(openCifar10(cifar("test", { onBroken: "skip" }))).rejects.toThrow(
    "the test split of cifar10 is empty: no picture can be decoded",
  );
});

test("Flickr8k has five captions, optional scenes, and one size", async () => {
  const texts = ["A dog runs", "A dog", "Two cats", "A lake", "Some text"];
  const captions = Object.fromEntries(
    texts.map((text, i) => [`caption_${i}`, [text, "A boat .", "Hm ."]]),
  );
  const sizes = [
    plainPng(20, 10, [1, 1, 1]),
    plainPng(10, 20, [2, 2, 2]),
    plainPng(8, 8, [3, 3, 3]),
  ];
  const path = join(root, "flickr8k", "validation-00000-of-00001.parquet");
  writePictures(path, "image", sizes, captions);
  const spec = { name: "flickr8k", split: "validation", root } as const;
  await expect(openFlickr8k(spec)).rejects.toThrow(
    `${path} row 1 is 10 x 20 pixels and ${path} row 0 is 20 x 10; give a size`,
  );
  const plain = await openFlickr8k({ ...spec, size: 8 });
  expect(plain.get(0)).toEqual({
    image: new Uint8Array(192).fill(1),
    height: 8,
    width: 8,
    channels: 3,
    label: 0,
    captions: texts,
    index: 0,
  });
  expect(plain.classNames).toEqual([]);
  const scenes = await openFlickr8k({ ...spec, size: 8, labels: "scenes" });
  const names = [0, 1, 2].map((i) => scenes.classNames[scenes.get(i).label]);
  expect(names).toEqual(["animals", "vehicle", "people"]);
  await expect(openFlickr8k({ ...spec, size: 0 })).rejects.toThrow("size must be a whole number");
});

test("PACS opens domains separately, with their names", async () => {
  const domain = Array.from({ length: 30 }, (_, i) => ["art_painting", "photo", "sketch"][i % 3]!);
  const label = domain.map((_, i) => i % 7);
  const path = join(root, "pacs", "train-00000-of-00001.parquet");
  writePictures(path, "image", pictures(30, 8), { domain, label });
  const open = (split: "train" | "validation" | "test") =>
    openPacs({ name: "pacs", split, root, testDomains: ["sketch"] });
  const [train, validation, held] = [
    await open("train"),
    await open("validation"),
    await open("test"),
  ];
  expect([train.length, validation.length, held.length]).toEqual([16, 4, 10]);
  expect(held.get(1)).toMatchObject({ domain: "sketch", label: 5 });
  expect(held.get(1).image[0]).toBe(5);
  const seen = Array.from({ length: 16 }, (_, i) => train.get(i));
  expect(new Set(seen.map((sample) => sample.domain))).toEqual(new Set(["art_painting", "photo"]));
  for (const { image, label, domain: name } of seen) {
    expect([label, name]).toEqual([image[0]! % 7, domain[image[0]!]]);
  }
});
