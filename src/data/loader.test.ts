import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Batch } from "./batches/batch.ts";
import { createLoader, type LoaderOptions } from "./loader.ts";
import type { DatasetSpec } from "./registry.ts";
import type { TransformSpec } from "./transforms/index.ts";

const spec: DatasetSpec = { name: "shapes", split: "train", length: 40 };
const transforms: TransformSpec[] = [
  { randomCrop: { padding: 4 } },
  { horizontalFlip: {} },
  { colorJitter: { brightness: 0.2, contrast: 0.2, saturation: 0.2 } },
  { randomErasing: { p: 0.2 } },
  { normalize: { mean: [0.5], std: [0.25] } },
];
const training = { batchSize: 16, seed: 5, shuffle: true, transforms, workers: 0 } as const;

let root = "";
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "moesaic-loader-"));
  mkdirSync(join(root, "mnist"));
  const header = [0, 0, 8, 3, 0, 0, 0, 9, 0, 0, 0, 28, 0, 0, 0, 28];
  const pixels = Array.from({ length: 9 * 784 }, (_, i) => Math.floor(i / 784) * 20);
  const labels = [0, 0, 8, 1, 0, 0, 0, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8];
  writeFileSync(
    join(root, "mnist", "t10k-images-idx3-ubyte"),
    Uint8Array.from([...header, ...pixels]),
  );
  writeFileSync(join(root, "mnist", "t10k-labels-idx1-ubyte"), Uint8Array.from(labels));
});
afterAll(() => rmSync(root, { recursive: true }));

async function take(count: number, options: LoaderOptions, set = spec): Promise<Batch[]> {
  await using loader = await createLoader(set, options);
  const batches: Batch[] = [];
  while (batches.length < count) {
    const batch = await loader.next();
    if (batch === undefined) break;
    batches.push(batch);
  }
  return batches;
}

/** The content of a batch, with pixels as a digest, because comparing single values takes seconds. */
const digest = ({ arrays: { images, ...arrays }, ...rest }: Batch): unknown => ({
  ...rest,
  arrays,
  shape: images!.shape,
  pixels: createHash("sha256")
    .update(images!.data as Float32Array)
    .digest("hex"),
});

test("a batch contains images, labels, indices and the known properties of its samples", async () => {
  const [batch] = await take(1, { batchSize: 3, workers: 0 });
  expect(batch!.arrays.images!.shape).toEqual([3, 3, 32, 32]);
  expect(batch!.arrays.images!.data.length).toBe(3 * 3 * 32 * 32);
  expect(batch!.arrays.labels!).toMatchObject({ dtype: "int64", shape: [3] });
  expect([...batch!.indices]).toEqual([0, 1, 2]);
  expect(batch!.captions!.length).toBe(3);
  expect(batch!.attributes![2]![0]!.shape).toBe(
    ["circle", "square", "triangle", "star", "cross", "heart", "crescent", "arrow"][
      Number(batch!.arrays.labels!.data[2])
    ],
  );
  expect(Math.max(...(batch!.arrays.images!.data as Float32Array))).toBeLessThanOrEqual(1);
});

test("the same seed gives the same batches with 0, 1 and 3 workers", async () => {
  const alone = await take(6, training);
  const digests = alone.map(digest);
  expect((await take(6, { ...training, workers: 1 })).map(digest)).toEqual(digests);
  const three = await take(6, { ...training, workers: 3, prefetch: 4 });
  expect(three.map(digest)).toEqual(digests);
  expect((await take(1, { ...training, seed: 6 }))[0]!.indices).not.toEqual(alone[0]!.indices);
});

test("every epoch has each sample once, in another order and with other augmentation", async () => {
  const batches = await take(10, { ...training, batchSize: 8 });
  const epoch = (e: number): number[] =>
    batches.filter((batch) => batch.epoch === e).flatMap((batch) => [...batch.indices]);
  const all = Array.from({ length: 40 }, (_, i) => i);
  expect(epoch(0).toSorted((a, b) => a - b)).toEqual(all);
  expect(epoch(1).toSorted((a, b) => a - b)).toEqual(all);
  expect(epoch(0)).not.toEqual(epoch(1));
  const image = (e: number): Float32Array => {
    const batch = batches.find((b) => b.epoch === e && b.indices.includes(7))!;
    const row = batch.indices.indexOf(7);
    return batch.arrays.images!.data.slice(row * 3072, (row + 1) * 3072) as Float32Array;
  };
  expect(image(0)).not.toEqual(image(1));
});

test("starting at a step gives the batches of that step and later", async () => {
  const whole = (await take(9, { ...training, workers: 1 })).map(digest);
  const later = await take(4, { ...training, startStep: 5 });
  expect(later.map(digest)).toEqual(whole.slice(5));
  await using loader = await createLoader(spec, { ...training, workers: 2 });
  await loader.next();
  loader.seek(7);
  expect(digest((await loader.next())!)).toEqual(whole[7]);
});

test("evaluation keeps the order, delivers the last partial batch and ends", async () => {
  await using loader = await createLoader(spec, { batchSize: 16, workers: 1 });
  expect(loader.batchesPerEpoch).toBe(3);
  const sizes: number[] = [];
  const indices: number[] = [];
  for await (const batch of loader) {
    sizes.push(batch.arrays.images!.shape[0]!);
    indices.push(...batch.indices);
  }
  expect(sizes).toEqual([16, 16, 8]);
  expect(indices).toEqual(Array.from({ length: 40 }, (_, i) => i));
  expect(await loader.next()).toBeUndefined();
  loader.seek(2);
  expect((await loader.next())!.arrays.labels!.shape).toEqual([8]);
});

test("workers read IDX images from the memory that the main thread decoded", async () => {
  const mnist: DatasetSpec = { name: "mnist", split: "test", root };
  await using loader = await createLoader(mnist, { batchSize: 4, workers: 2 });
  rmSync(join(root, "mnist", "t10k-images-idx3-ubyte"));
  const labels: number[] = [];
  for await (const { arrays, indices } of loader) {
    labels.push(...Array.from(arrays.labels!.data, Number));
    indices.forEach((index, row) => {
      expect(arrays.images!.data[row * 784]).toBe(Math.fround((index * 20) / 255));
    });
  }
  expect(labels).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test("the main thread stays free while batches are made", async () => {
  await using loader = await createLoader(
    { ...spec, length: 1024 },
    { ...training, batchSize: 256, workers: 1, prefetch: 1 },
  );
  await loader.next(); // the worker is running
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  await loader.next();
  await loader.next();
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(20);
});

test("an error in a worker rejects next with the same message", async () => {
  // Too large to allocate, which fails only when the batch is made.
  const transforms = [{ resize: { size: 2 ** 30 } }];
  await using loader = await createLoader(spec, { batchSize: 4, workers: 1, transforms });
  await expect(loader.next()).rejects.toThrow(
    /of memory cannot be allocated at once; lower the sizes/,
  );
});

test("after disposal next rejects, also a pending one", async () => {
  const loader = await createLoader(spec, { ...training, workers: 1 });
  const waiting = expect(loader.next()).rejects.toThrow("the loader is disposed");
  await loader.dispose();
  await waiting;
  await expect(loader.next()).rejects.toThrow("the loader is disposed");
});

test("impossible options are refused", async () => {
  await expect(createLoader(spec, { batchSize: 0 })).rejects.toThrow("batch_size must be");
  await expect(createLoader(spec, { batchSize: 64, shuffle: true })).rejects.toThrow(
    "batch_size 64 exceeds the dataset of 40 samples",
  );
  await expect(
    createLoader(spec, { batchSize: 4, transforms: [{ randomCrop: { size: 40 } }] }),
  ).rejects.toThrow("a window of 40 x 40 does not fit in 32 x 32 with padding 0");
  await expect(createLoader(spec, { batchSize: 4, workers: -1 })).rejects.toThrow(
    "loader: workers must be a whole number from 0 to 64, got -1",
  );
});
