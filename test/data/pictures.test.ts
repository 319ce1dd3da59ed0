/** CIFAR-10, Flickr8k and PACS as published. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import {
  decodeImage,
  openCifar10,
  openFlickr8k,
  openPacs,
  readCifarRecords,
  sceneNames,
  sceneOf,
} from "../../src/data/images/index.ts";
import { openParquet } from "../../src/formats/parquet/parquet.ts";
import { needs, root } from "./data.fixture.ts";

function histogram(values: Iterable<number | string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

test("the test split of CIFAR-10 has the published counts and channel means", async (context) => {
  needs(context, "cifar10");
  const set = await openCifar10({ name: "cifar10", split: "test", root });
  expect(set.imageShape).toEqual({ height: 32, width: 32, channels: 3 });
  const samples = Array.from({ length: set.length }, (_, index) => set.get(index));
  const counts = histogram(samples.map(({ label }) => label));
  expect(Object.values(counts)).toEqual(new Array(10).fill(1000));
  const sums = [0, 0, 0];
  for (const { image } of samples)
    image.forEach((byte, at) => {
      sums[at % 3]! += byte;
    });
  const means = sums.map((sum) => sum / (255 * 1024 * set.length));
  [0.4942, 0.4851, 0.4504].forEach((mean, channel) => {
    expect(means[channel]).toBeCloseTo(mean, 2);
  });
});

test("binary records of CIFAR-10 equal the pictures of the Parquet file", async (context) => {
  needs(context, "cifar10");
  const packed = readFileSync(join(root, "cifar10", "data_batch_1.first1000.bin.gz"));
  const records = readCifarRecords(gunzipSync(packed), "data_batch_1");
  expect(records.length).toBe(1000);
  expect(records.slice(0, 10).map(({ label }) => label)).toEqual([6, 9, 9, 4, 1, 1, 2, 7, 8, 3]);
  const file = await openParquet(
    join(root, "cifar10", "train-00000-of-00001.parquet"),
    { "img.bytes": "bytes", label: "integer" },
    { hint: "" },
  );
  expect(file.numRows).toBe(50_000);
  const { value: rows } = await file.groups().next();
  // Rows of the first four records; their pictures are JPEG copies.
  for (const [record, row] of [6, 9, 19, 4].entries()) {
    const { data } = await decodeImage(rows![row]["img.bytes"]);
    const { planes, label } = records[record]!;
    expect(rows![row].label).toBe(label);
    let squares = 0;
    for (let pixel = 0; pixel < 1024; pixel++) {
      for (let c = 0; c < 3; c++)
        squares += (data[3 * pixel + c]! - planes[1024 * c + pixel]!) ** 2;
    }
    expect(10 * Math.log10(255 ** 2 / (squares / 3072))).toBeGreaterThan(28);
  }
});

test("Flickr8k has its splits, five captions each and a scene for every photo", async (context) => {
  needs(context, "flickr8k");
  const set = await openFlickr8k({ name: "flickr8k", split: "test", root, labels: "scenes" });
  expect([set.length, set.imageShape.height, set.imageShape.width]).toEqual([1000, 128, 128]);
  expect(set.get(0).captions![1]).toBe("A blond woman is on the street hailing a taxi .");
  const labels = Array.from({ length: 1000 }, (_, index) => set.get(index).label);
  expect(Object.keys(histogram(labels)).length).toBe(8);

  const names = [0, 1, 2, 3, 4].map((number) => [`caption_${number}`, "string"] as const);
  const scenes: string[] = [];
  for (const part of ["train", "validation", "test"]) {
    const path = join(root, "flickr8k", `${part}-00000-of-00001.parquet`);
    const file = await openParquet(path, Object.fromEntries(names), { hint: "" });
    for await (const rows of file.groups()) {
      for (const row of rows) scenes.push(sceneOf(Object.values(row)) ?? "none");
    }
  }
  expect(scenes.length).toBe(8000);
  const counts = histogram(scenes);
  expect(Object.keys(counts).sort()).toEqual([...sceneNames].sort());
  // The rarest and the most frequent class.
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(200);
  expect(counts.animals).toBeLessThan(2500);
});

test("PACS has its domains and classes", async (context) => {
  needs(context, "pacs");
  const domains = ["art_painting", "cartoon", "photo", "sketch"];
  const set = await openPacs({ name: "pacs", split: "test", root, testDomains: domains });
  const samples = Array.from({ length: set.length }, (_, index) => set.get(index));
  expect(histogram(samples.map(({ domain }) => domain!))).toEqual({
    art_painting: 2048,
    cartoon: 2344,
    photo: 1670,
    sketch: 3929,
  });
  const guitars = samples.filter(({ label }) => set.classNames[label] === "guitar");
  expect(histogram(guitars.map(({ domain }) => domain!))).toEqual({
    art_painting: 184,
    cartoon: 135,
    photo: 186,
    sketch: 608,
  });
  const train = await openPacs({ name: "pacs", split: "train", root, domains: ["photo"] });
  const held = await openPacs({ name: "pacs", split: "validation", root, domains: ["photo"] });
  expect([train.length, held.length]).toEqual([1336, 334]);
});
