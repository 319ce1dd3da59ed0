import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ReportItem } from "../../data-report.ts";
import type { ImageDataset } from "../../dataset.ts";
import { plainPng, writePictures } from "../pictures.fixture.ts";
import type { StoreHooks } from "../store.ts";
import { type CaptionedImagesSpec, openCaptionedImages } from "./captioned-images.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moesaic-pairs-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

const grey = (value: number): Uint8Array => plainPng(2, 2, [value, value, value]);
const whole = { validationSize: 0, testSize: 0 };

function open(spec: Partial<CaptionedImagesSpec> = {}, hooks: StoreHooks = {}) {
  return openCaptionedImages({ name: "captioned-images", split: "train", folder, ...spec }, hooks);
}

/** The first byte and the captions of each sample. */
function contents({ length, get }: ImageDataset): [number, readonly string[]][] {
  return Array.from({ length }, (_, index) => {
    const { image, captions } = get(index);
    return [image[0]!, captions!];
  });
}

test("Parquet: pictures in a struct, several columns of captions, files named by split", async () => {
  const texts = { caption_0: ["a", "b", "c"], caption_1: ["A", " B ", "C"] };
  const write = (name: string, values: number[]): void =>
    writePictures(join(folder, name), "image", values.map(grey), texts);
  write("train-00000-of-00002.parquet", [1, 2, 3]);
  write("train-00001-of-00002.parquet", [4, 5, 6]);
  write("test-00000-of-00001.parquet", [7, 8, 9]);
  expect(contents(await open({ split: "test" }))).toEqual([
    [7, ["a", "A"]],
    [8, ["b", "B"]],
    [9, ["c", "C"]],
  ]);
  const sizes = { validationSize: 2 }; // There is no validation file, so validation is drawn from train.
  const train = contents(await open(sizes));
  const validation = contents(await open({ ...sizes, split: "validation" }));
  expect([train.length, validation.length]).toEqual([4, 2]);
  expect([...train, ...validation].map(([value]) => value).sort()).toEqual([1, 2, 3, 4, 5, 6]);
  for (const [value, captions] of [...train, ...validation]) {
    const letter = "abc"[(value - 1) % 3]!;
    expect(captions).toEqual([letter, letter.toUpperCase()]);
  }
});

test.each([1, 2])("Parquet of pyarrow: a column of lists, pages version %i", async (version) => {
  const name = `caption-lists-v${version}.parquet`;
  copyFileSync(
    fileURLToPath(new URL(`../../../formats/fixtures/${name}`, import.meta.url)),
    join(folder, "metadata.parquet"),
  );
  // The only column of bytes holds the pictures, and `sentences` is a known name.
  expect(contents(await open(whole))).toEqual([
    [0, ["zero", "nought"]],
    [1, ["one"]],
    [2, ["two", "deux", "zwei"]],
    [3, ["three"]],
    [4, ["vier", "four"]],
  ]);
  await expect(open({ ...whole, columns: { captions: "odd" } })).rejects.toThrow(
    "row 1: odd must hold captions, got nothing",
  );
});

test("Parquet: columns can be set by name; wrong names are reported with the existing ones", async () => {
  const path = join(folder, "pairs.parquet");
  writePictures(path, "photo", [grey(1), grey(2)], {
    says: ["a", "b"],
    also: ["A", "B"],
    id: [1, 2],
  });
  const files = { train: "pairs.parquet" };
  const columns = { image: "photo", captions: ["also", "says"] };
  expect(contents(await open({ ...whole, files, columns }))).toEqual([
    [1, ["A", "a"]],
    [2, ["B", "b"]],
  ]);
  const there = "(photo.bytes of bytes, photo.path of string, says of string, also of string";
  await expect(open({ files })).rejects.toThrow(
    `${path} has no column of captions that is known; name it with data.columns.captions ${there}`,
  );
  await expect(open({ files, columns: { image: "pic", captions: "says" } })).rejects.toThrow(
    `${path} has no column of pictures named pic; name it with data.columns.image ${there}`,
  );
  await expect(open({ files, columns: { image: "photo", captions: "id" } })).rejects.toThrow(
    "column id must hold text, but it holds INT64",
  );
  const inside = { image: "photo", encoding: "base64", captions: "says" } as const;
  await expect(open({ files, columns: inside })).rejects.toThrow("store the bytes themselves");
});

test("Parquet: rows with the same path are one sample; an empty caption is refused", async () => {
  put("img/0.png", grey(10));
  put("img/1.png", grey(11));
  const file_name = ["img/0.png", "img/1.png", "img/0.png"];
  const path = join(folder, "captions.parquet");
  const write = (caption: string[]): void => {
    writePictures(path, "thumbnail", [null, null, null], { file_name, caption });
  };
  write(["a", "b", "c"]);
  const files = { train: "captions.parquet" };
  const columns = { image: "file_name" };
  expect(contents(await open({ ...whole, files, columns }))).toEqual([
    [10, ["a", "c"]],
    [11, ["b"]],
  ]);
  write(["a", " ", "c"]);
  await expect(open({ ...whole, columns })).rejects.toThrow(
    `${path} row 1: caption must hold captions, got an empty text`,
  );
});

/** For each layout: a valid picture, four broken ones, and another valid one. */
async function brokenPictures(): Promise<Uint8Array[]> {
  const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, at) => (at * 7919) % 251));
  const raw = { raw: { width: 64, height: 64, channels: 3 } } as const;
  const jpeg = await sharp(noise, raw).jpeg().toBuffer();
  const text = Buffer.from("This is no picture, whatever its name says.\n");
  const truncated = jpeg.subarray(0, Math.floor(jpeg.length / 2));
  return [grey(1), truncated, new Uint8Array(0), text, grey(2).subarray(0, 40), grey(3)];
}

/** Decoder messages about damaged data may include messages about pictures decoded at the same time. */
const reasons = [/decoded: \S+/, /it is empty/, /it is not a JPEG, PNG/, /decoded: \S+/];

test("broken files in a list stop with their path, or are skipped and counted", async () => {
  const pictures = await brokenPictures();
  for (const [i, bytes] of pictures.entries()) put(`${i}.png`, bytes);
  const list = (some: number[]): void =>
    put("captions.csv", ["image,caption", ...some.map((i) => `${i}.png,text ${i}`)].join("\n"));
  for (const [at, reason] of reasons.entries()) {
    list([0, at + 1, 5]);
    const error = await open(whole).catch((cause: unknown) => cause as Error);
    const { message } = error as Error;
    expect(message.startsWith(`${join(folder, `${at + 1}.png`)} cannot be decoded: `)).toBe(true);
    expect(message).toMatch(reason);
    expect(message).toMatch(/; repair it, or skip such pictures with on_broken: skip$/);
  }
  list([0, 1, 2, 3, 4, 5]);
  const told: ReportItem[] = [];
  const set = await open({ ...whole, onBroken: "skip" }, { onReport: (one) => told.push(one) });
  expect(contents(set)).toEqual([
    [1, ["text 0"]],
    [3, ["text 5"]],
  ]);
  expect(told).toMatchObject([
    { count: 2, of: 6, reason: "their data are damaged" },
    { count: 1, of: 6, reason: "it is empty", example: join(folder, "2.png") },
    {
      count: 1,
      of: 6,
      reason: expect.stringContaining("it is not a JPEG, PNG"),
      example: join(folder, "3.png"),
    },
  ]);
  expect(told[1]!.message).toBe(
    `captioned-images train: skipped 1 of 6 pictures: it is empty; the first: ${join(folder, "2.png")}`,
  );
});

test("broken base64 in JSONL and broken bytes in Parquet are skipped and counted", async () => {
  const pictures = await brokenPictures();
  const encoded = pictures.map((bytes) => Buffer.from(bytes).toString("base64"));
  const rows = [...encoded, "!! garbage !!"].map((text, i) =>
    JSON.stringify({ b64string_images: text, caption: `text ${i}` }),
  );
  put("captions.jsonl", rows.join("\n"));
  const told: number[] = [];
  const hooks = {
    onReport: (item: ReportItem) => told.push(item.kind === "skipped" ? item.count : 0),
  };
  const listed = await open({ ...whole, onBroken: "skip" }, hooks);
  expect(contents(listed)).toEqual([
    [1, ["text 0"]],
    [3, ["text 5"]],
  ]);
  const caption = pictures.map((_, i) => `text ${i}`);
  writePictures(join(folder, "p.parquet"), "image", pictures, { caption });
  const spec = { ...whole, files: { train: "p.parquet" } };
  await expect(open(spec)).rejects.toThrow(`${join(folder, "p.parquet")} row 1 cannot be decoded`);
  expect(contents(await open({ ...spec, onBroken: "skip" }, hooks))).toEqual([
    [1, ["text 0"]],
    [3, ["text 5"]],
  ]);
  expect(told).toEqual([2, 1, 1, 1, 2, 1, 1]);
});

test("an empty base64 field is a broken picture, an empty path a broken row", async () => {
  put("captions.csv", "b64string_images,caption\n,nothing\n");
  await expect(open(whole)).rejects.toThrow("captions.csv:2 cannot be decoded: it is empty");
  put("captions.csv", "image,caption\n,nothing\na.png,\na.png,A\n");
  put("a.png", grey(1));
  await expect(open(whole)).rejects.toThrow('captions.csv:2: image must be text, got ""');
  const told: string[] = [];
  const hooks = { onReport: ({ message }: ReportItem) => told.push(message) };
  expect(contents(await open({ ...whole, onBroken: "skip" }, hooks))).toEqual([[1, ["A"]]]);
  expect(told).toEqual([
    `captioned-images train: skipped 1 of 3 pictures: image must be text, got ""; the first: ${join(folder, "captions.csv")}:2`,
    `captioned-images train: skipped 1 of 3 pictures: caption must be text, got ""; the first: ${join(folder, "captions.csv")}:3`,
  ]);
});
