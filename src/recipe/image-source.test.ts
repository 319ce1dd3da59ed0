import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { fromSnakeCase } from "../config/case.ts";
import { plainPng } from "../data/images/pictures.fixture.ts";
import { type TrainConfig, trainConfigSchema } from "./config.ts";
import { modelShape, openImages, readShape } from "./image-source.ts";

const folder = mkdtempSync(join(tmpdir(), "moesaic-source-"));
afterAll(() => rmSync(folder, { recursive: true }));

const normalize = { mean: [0.5], std: [0.5] };
function configure(data: object): TrainConfig {
  const model = { system: "limoe", width: 16, num_heads: 2, num_layers: 1, patch_size: 4 };
  const given = { recipe: "test", model, data: { normalize, ...data } };
  return fromSnakeCase(trainConfigSchema.parse(given));
}

/** Two images of 28 x 28 pixels in MNIST's file format. */
function writeDigits(): void {
  mkdirSync(join(folder, "mnist"), { recursive: true });
  const images = new Uint8Array(16 + 2 * 784);
  images.set([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28]);
  writeFileSync(join(folder, "mnist", "t10k-images-idx3-ubyte"), images);
  const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 1);
  writeFileSync(join(folder, "mnist", "t10k-labels-idx1-ubyte"), labels);
}

test("image shapes as read and as the model receives them", async () => {
  const shape = { height: 32, width: 32, channels: 3 };
  expect(await readShape(configure({ name: "cifar10" }))).toEqual(shape);
  expect(await readShape(configure({ name: "shapes", image_size: 20 }))).toMatchObject({
    height: 20,
  });
  const cropped = configure({
    name: "flickr8k",
    size: 72,
    augment: [{ random_crop: { size: 64 } }],
  });
  const read = await readShape(cropped);
  expect(read).toEqual({ height: 72, width: 72, channels: 3 });
  expect(modelShape(cropped, read)).toEqual([3, 64, 64]);
});

test("pictures of one size without a configured size determine it themselves", async () => {
  const own = join(folder, "own", "train", "cat");
  mkdirSync(own, { recursive: true });
  for (let i = 0; i < 10; i++) writeFileSync(join(own, `${i}.png`), plainPng(6, 4, [i, 0, 0]));
  const config = configure({ name: "image-folder", folder: join(folder, "own") });
  const read = await readShape(config);
  expect(read).toEqual({ height: 4, width: 6, channels: 3 });
  const { dataset, transforms } = await openImages(config, read, { file: join(own, "3.png") });
  expect(dataset.imageShape).toEqual({ height: 6, width: 6, channels: 3 });
  expect(transforms).toEqual([{ resize: { size: [4, 6] } }, { normalize }]);
});

test("a set with other channels is refused, and pictures are decoded with the model's channels", async () => {
  writeDigits();
  const grey = configure({ name: "mnist", root: folder });
  const read = await readShape(grey);
  const { dataset } = await openImages(grey, read, { split: "test" });
  expect(dataset.length).toBe(2);
  writeFileSync(join(folder, "red.png"), plainPng(5, 5, [255, 0, 0]));
  const file = await openImages(grey, read, { file: join(folder, "red.png") });
  expect(file.dataset.imageShape).toEqual({ height: 28, width: 28, channels: 1 });
  expect(file.paths).toEqual(["red.png"]);
  const color = configure({ name: "shapes", root: folder });
  const shape = await readShape(color);
  await expect(openImages(color, shape, { split: "test", data: "mnist" })).rejects.toThrow(
    "mnist has images of 1 channels, but the model reads 3",
  );
  await expect(openImages(color, shape, { file: "none.png" })).rejects.toThrow(
    "no picture none.png",
  );
});

test("another set is read at its own size and resized to the model's", async () => {
  const config = configure({ name: "shapes", image_size: 24 });
  const read = await readShape(config);
  const own = await openImages(config, read, { split: "test" });
  expect(own.transforms).toEqual([{ normalize }]);
  const cifar = configure({ name: "cifar10", root: folder });
  const shapes = await openImages(cifar, await readShape(cifar), { split: "test", data: "shapes" });
  expect(shapes.dataset.imageShape.height).toBe(32);
});
