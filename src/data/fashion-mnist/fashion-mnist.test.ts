import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDataset } from "../open-dataset.ts";
import type { DatasetSpec } from "../registry.ts";

let root = "";
const folder = (): string => join(root, "fashion-mnist");

/** IDX bytes; image i is filled with i, label i is i mod 10. */
function idx(kind: "images" | "labels", count: number): Buffer {
  if (kind === "labels") {
    return Buffer.from([
      0,
      0,
      8,
      1,
      0,
      0,
      0,
      count,
      ...Array.from({ length: count }, (_, i) => i % 10),
    ]);
  }
  const header = Buffer.from([0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28]);
  const pixels = Array.from({ length: count }, (_, i) => Buffer.alloc(784, i));
  return Buffer.concat([header, ...pixels]);
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "moesaic-idx-"));
  mkdirSync(folder());
  writeFileSync(join(folder(), "train-images-idx3-ubyte.gz"), gzipSync(idx("images", 20)));
  writeFileSync(join(folder(), "train-labels-idx1-ubyte"), idx("labels", 20));
  writeFileSync(join(folder(), "t10k-images-idx3-ubyte.gz"), gzipSync(idx("images", 5)));
  writeFileSync(join(folder(), "t10k-labels-idx1-ubyte.gz"), gzipSync(idx("labels", 5)));
});
afterAll(() => rmSync(root, { recursive: true }));

const open = (split: "train" | "validation" | "test", validationSize = 6) =>
  openDataset({ name: "fashion-mnist", split, root, validationSize });

test("train and validation split the training file", async () => {
  const train = await open("train");
  const validation = await open("validation");
  expect([train.length, validation.length]).toEqual([14, 6]);
  const stored = [train, validation].flatMap((set) =>
    Array.from({ length: set.length }, (_, index) => set.get(index).image[0]!),
  );
  expect(stored.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect((await open("validation")).get(3)).toEqual(validation.get(3));
});

test("samples have image, label and shape in file order", async () => {
  const set = await open("test");
  expect(set.length).toBe(5);
  expect(set.classNames[9]).toBe("ankle boot");
  const sample = set.get(4);
  expect(sample).toMatchObject({ label: 4, height: 28, width: 28, channels: 1, index: 4 });
  expect(sample.image).toEqual(new Uint8Array(784).fill(4));
  expect(() => set.get(5)).toThrow("fashion-mnist test has samples 0 to 4, got index 5");
});

test("impossible splits are refused", async () => {
  await expect(open("train", 20)).rejects.toThrow(
    "validation_size must be an integer from 0 to 19, got 20",
  );
  await expect(open("validation", 0)).rejects.toThrow("the validation split is empty");
  const unknown = { name: "fashion", split: "train" } as unknown as DatasetSpec;
  await expect(openDataset(unknown)).rejects.toThrow(
    "unknown data set fashion; did you mean fashion-mnist?",
  );
});

test("missing, corrupt and truncated files are named", async () => {
  const broken = mkdtempSync(join(tmpdir(), "moesaic-idx-"));
  const openBroken = () => openDataset({ name: "mnist", split: "test", root: broken });
  await expect(openBroken()).rejects.toThrow(
    /t10k-.*\.gz is missing; run "moesaic data get mnist"/,
  );
  mkdirSync(join(broken, "mnist"));
  const images = join(broken, "mnist", "t10k-images-idx3-ubyte.gz");
  writeFileSync(join(broken, "mnist", "t10k-labels-idx1-ubyte.gz"), gzipSync(idx("labels", 5)));

  const packed = gzipSync(idx("images", 5));
  writeFileSync(images, packed.subarray(0, packed.length - 20));
  await expect(openBroken()).rejects.toThrow(
    `${images} cannot be unpacked: the gzip data is truncated`,
  );

  writeFileSync(images, Buffer.from("no gzip here"));
  await expect(openBroken()).rejects.toThrow("the gzip data is corrupt (incorrect header check)");

  writeFileSync(images, gzipSync(Buffer.alloc(60_000 * 784 + 17)));
  await expect(openBroken()).rejects.toThrow("its content exceeds the limit of 47040016 bytes");

  writeFileSync(images, gzipSync(idx("images", 5).subarray(0, 3000)));
  await expect(openBroken()).rejects.toThrow("need 3920 bytes of data, got 2984");

  writeFileSync(images, gzipSync(idx("images", 4)));
  await expect(openBroken()).rejects.toThrow("4 images but 5 labels");
  rmSync(broken, { recursive: true });
});
