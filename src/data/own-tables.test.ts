import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parquetWriteFile } from "hyparquet-writer";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ReportItem } from "./data-report.ts";
import { expandFiles } from "./expand-files.ts";
import { openCaptionedImages } from "./images/captioned/captioned-images.ts";
import { type LabelledImagesSpec, openLabelledImages } from "./images/labelled-images.ts";
import { plainPng, writePictures } from "./images/pictures.fixture.ts";
import { findShards } from "./shards.ts";
import { type LabelledTextSpec, openLabelledText } from "./text/labelled.ts";
import { openTextStream } from "./text/stream.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moesaic-tables-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string, content: string | Uint8Array = ""): string {
  const full = join(folder, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
  return full;
}
const grey = (value: number): Uint8Array => plainPng(2, 2, [value, value, value]);
const shards = async (split: "train" | "validation" | "test") =>
  (await findShards(folder, split)).map((path) => relative(folder, path));
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../formats/fixtures/${name}.parquet`, import.meta.url));

test.each([
  [
    "numbers with a hash",
    ["data/train-00000-of-00002-0a1b2c.parquet", "data/train-00001-of-00002-3d4e5f.parquet"],
  ],
  ["one file", ["train.parquet"]],
  ["a folder of numbers", ["train/0000.parquet", "train/0001.parquet"]],
  ["a folder of any names", ["train/a.parquet", "train/b.parquet"]],
  ["a folder per configuration", ["default/train/0000.parquet"]],
])("files of the Hub: %s", async (_, files) => {
  for (const file of files) put(file);
  expect(await shards("train")).toEqual(files);
  expect(await shards("test")).toEqual([]);
});

test("files of the Hub: other names of splits, gaps, and several configurations", async () => {
  put("val.parquet");
  expect(await shards("validation")).toEqual(["val.parquet"]);
  put("train/0000.parquet");
  put("train/0002.parquet");
  await expect(shards("train")).rejects.toThrow("file 1 of 3 is missing");
  put("en/test-00000-of-00001.parquet");
  put("de/test-00000-of-00001.parquet");
  await expect(shards("test")).rejects.toThrow(
    "has Parquet files of the test split in several folders, de, en; name one of these folders",
  );
});

test("patterns and lists of files", async () => {
  for (const path of ["a/x1.csv", "a/x2.csv", "a/y.csv", "a/b/x3.csv", "x+(0).csv"]) put(path);
  const expand = (files: string | string[]) => expandFiles(folder, files);
  expect(await expand("a/x*.csv")).toEqual(["a/x1.csv", "a/x2.csv"]);
  expect(await expand("a/x?.csv")).toEqual(["a/x1.csv", "a/x2.csv"]);
  expect(await expand("a/**/x*.csv")).toEqual(["a/b/x3.csv", "a/x1.csv", "a/x2.csv"]);
  expect(await expand("x+(?).csv")).toEqual(["x+(0).csv"]);
  expect(await expand(["a/y.csv", "a/*.csv"])).toEqual(["a/y.csv", "a/x1.csv", "a/x2.csv"]);
  await expect(expand("b/*.csv")).rejects.toThrow(`no file matches ${join(folder, "b/*.csv")}`);
});

test("captions from several lists", async () => {
  put("1.png", grey(1));
  put("one.csv", "image,caption\n1.png,one\n");
  put("two.csv", "image,caption\n./1.png,eins\n");
  const files = { train: ["one.csv", "two.csv"] };
  const sizes = { validationSize: 0, testSize: 0 };
  const spec = { name: "captioned-images", split: "train", folder, files, ...sizes } as const;
  expect((await openCaptionedImages(spec)).get(0).captions).toEqual(["one", "eins"]);
});

test("Parquet: null captions and missing pictures are skipped, paths without bytes are read", async () => {
  put("a.png", grey(7));
  const cell = (bytes: Uint8Array | null, path: string | null) => ({ bytes, path });
  const image = [
    cell(grey(1), null),
    cell(null, "a.png"),
    cell(null, "none.png"),
    cell(null, null),
    cell(grey(5), "x"),
  ];
  parquetWriteFile({
    filename: join(folder, "train.parquet"),
    columnData: [
      { name: "image", data: image },
      { name: "caption_0", data: ["one", "seven", "gone", "none", null] },
      { name: "caption_1", data: ["uno", null, "gone", "none", null] },
    ],
    schema: [
      { name: "root", num_children: 3 },
      { name: "image", num_children: 2, repetition_type: "OPTIONAL" },
      { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
      { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
      {
        name: "caption_0",
        type: "BYTE_ARRAY",
        converted_type: "UTF8",
        repetition_type: "OPTIONAL",
      },
      {
        name: "caption_1",
        type: "BYTE_ARRAY",
        converted_type: "UTF8",
        repetition_type: "OPTIONAL",
      },
    ],
  });
  const sizes = { validationSize: 0, testSize: 0 };
  const spec = { name: "captioned-images", split: "train", folder, ...sizes } as const;
  await expect(openCaptionedImages(spec)).rejects.toThrow(
    "row 1: caption_1 must hold captions, got nothing",
  );
  const items: ReportItem[] = [];
  const hooks = { onReport: (item: ReportItem) => items.push(item) };
  const set = await openCaptionedImages({ ...spec, onBroken: "skip" }, hooks);
  const read = [0, 1].map((at) => [set.get(at).image[0], set.get(at).captions]);
  expect([set.length, ...read]).toEqual([2, [1, ["one", "uno"]], [7, ["seven"]]]);
  expect(items.map((item) => item.kind === "skipped" && [item.count, item.reason])).toEqual([
    [1, "the file does not exist"],
    [1, "it is empty"],
    [1, "caption_0 must hold captions, got nothing"],
  ]);
});

const pictures = (spec: Partial<LabelledImagesSpec> = {}) =>
  openLabelledImages({
    name: "labelled-images",
    split: "train",
    folder,
    validationSize: 0,
    testSize: 0,
    ...spec,
  });

test("labelled pictures from Parquet of the Hub", async () => {
  const name = (split: string) => join(folder, `${split}-00000-of-00001.parquet`);
  writePictures(name("train"), "image", [1, 2, 3].map(grey), { label: [10, 9, 10] });
  writePictures(name("test"), "image", [grey(4)], { label: [10] });
  const train = await pictures();
  expect(train.classNames).toEqual(["9", "10"]);
  expect([0, 1, 2].map((at) => [train.get(at).image[0], train.get(at).label])).toEqual([
    [1, 1],
    [2, 0],
    [3, 1],
  ]);
  expect((await pictures({ split: "test" })).get(0)).toMatchObject({ label: 1 });
  writePictures(name("test"), "image", [grey(4)], { label: [11] });
  await expect(pictures({ split: "test" })).rejects.toThrow(
    'row 0: label "11" is none of the 2 labels 9, 10',
  );
});

test("labelled pictures from a list of paths and labels", async () => {
  put("img/1.png", grey(1));
  put("img/2.png", grey(2));
  put("labels.csv", "file;class\n1.png;cat\n2.png;bat\n");
  const set = await pictures({ files: { train: "labels.csv" }, images: "img" });
  expect(set.classNames).toEqual(["bat", "cat"]);
  expect([0, 1].map((at) => [set.get(at).image[0], set.get(at).label])).toEqual([
    [1, 1],
    [2, 0],
  ]);
  await expect(pictures({ files: { train: "none.csv" } })).rejects.toThrow("has no file none.csv");
});

test("labelled texts from Parquet have the names of ClassLabel", async () => {
  copyFileSync(fixture("class-label"), join(folder, "train-0.parquet"));
  const spec: LabelledTextSpec = {
    name: "mine",
    split: "train",
    root: folder,
    files: { train: "train-*.parquet" },
    columns: { text: ["text"], label: "label" },
    validationSize: 0,
  };
  const set = await openLabelledText(spec);
  expect(set.classNames).toEqual(["cat", "dog", "eel"]);
  expect([0, 1, 2].map((at) => [set.get(at).text, set.get(at).label])).toEqual([
    ["a dog", 1],
    ["a cat", 0],
    ["an eel", 2],
  ]);
});

test("plain text from Parquet and from several files", async () => {
  copyFileSync(fixture("class-label"), join(folder, "a.parquet"));
  put("b.txt", "end");
  const spec = { name: "mine", split: "train", root: folder, validationFraction: 0 } as const;
  const { text } = await openTextStream({ ...spec, file: ["a.parquet", "b.txt"] });
  expect(text).toBe("a dog\na cat\nan eel\ntwo dogs\nend");
  await expect(openTextStream({ ...spec, file: "a.parquet", column: "body" })).rejects.toThrow(
    "has no column body; its columns are text, label",
  );
});

async function warnings(rows: readonly string[]): Promise<string[]> {
  put("t.CSV", ["text,label", ...rows].join("\n"));
  const items: string[] = [];
  const columns = { text: ["text"], label: "label" };
  const spec = { name: "mine", split: "train", root: folder, files: { train: "t.CSV" } } as const;
  await openLabelledText(
    { ...spec, columns, validationSize: 0 },
    { onReport: ({ message }) => items.push(message) },
  );
  return items;
}

test("labels that look like scores, a single class and empty texts are warned of", async () => {
  const scores = Array.from({ length: 40 }, (_, i) => `x,${i * 3}`);
  expect(await warnings(scores)).toEqual([
    "mine train: the labels are 40 different numbers from 0 to 117, which look like scores and are learnt as unordered classes; group them into classes, or list them with data.labels",
  ]);
  expect(await warnings(["x,0.5", "y,0.25", "z,0.75"])).toHaveLength(1);
  expect(await warnings(Array.from({ length: 100 }, (_, i) => `x,${i}`))).toEqual([]);
  expect(await warnings(["x,1", "y,1"])).toEqual([
    "mine train: all labels are 1: with one class there is nothing to learn",
  ]);
  expect(await warnings([",a", ",b"])).toEqual([
    `mine train: all of 2 texts are empty; the first: ${join(folder, "t.CSV")}:2; check data.columns.text`,
  ]);
  expect(await warnings(["x,a", ",b"])).toHaveLength(1);
});

test("0 and 0.0 are one label", async () => {
  put("t.csv", "text,label\na,0\nb,0.0\nc,1\n");
  put("v.csv", "text,label\nd,1.0\n");
  const files = { train: "t.csv", validation: "v.csv" };
  const columns = { text: ["text"], label: "label" };
  const spec = { name: "mine", root: folder, files, columns } as const;
  const train = await openLabelledText({ ...spec, split: "train" });
  expect(train.classNames).toEqual(["0", "1"]);
  expect([0, 1, 2].map((at) => train.get(at).label)).toEqual([0, 0, 1]);
  expect((await openLabelledText({ ...spec, split: "validation" })).get(0).label).toBe(1);
});
