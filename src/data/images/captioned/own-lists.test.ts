import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { plainPng } from "../pictures.fixture.ts";
import { readCaptionRows } from "./caption-rows.ts";
import { type CaptionedImagesSpec, openCaptionedImages } from "./captioned-images.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moesaic-lists-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}
const grey = (value: number): Uint8Array => plainPng(2, 2, [value, value, value]);

async function open(spec: Partial<CaptionedImagesSpec> = {}) {
  const whole = { validationSize: 0, testSize: 0 };
  const base = { name: "captioned-images", split: "train", folder } as const;
  const { length, get } = await openCaptionedImages({ ...base, ...whole, ...spec });
  return Array.from({ length }, (_, at) => [get(at).image[0], get(at).captions]);
}
const rows = (text: string, name: string, options = {}) =>
  readCaptionRows(text, name, {}, options).map(({ image, captions }) => [image, ...captions]);

test("the separator of a CSV is found by its first line, or given", () => {
  const expected = [["a.jpg", "a thing, number 0"]];
  expect(rows("filepath\ttitle\na.jpg\ta thing, number 0\n", "a.csv")).toEqual(expected);
  expect(rows("file;caption\na.jpg;a thing, number 0\n", "a.csv")).toEqual(expected);
  expect(rows('file,caption\na.jpg,"a thing, number 0"\n', "a.CSV")).toEqual(expected);
  expect(rows('file\tcaption\na.jpg\tA "wet" dog\n', "a.txt")).toEqual([["a.jpg", 'A "wet" dog']]);
  const odd = "image;text,english\na.jpg;A\n";
  expect(() => rows(odd, "a.csv")).toThrow(
    "a.csv:2: the row has 1 fields, but there are 2 columns",
  );
  expect(rows("image;text\na.jpg;A\n", "a.csv", { separator: "semicolon" })).toEqual([
    ["a.jpg", "A"],
  ]);
});

test("an array of objects, and captions of COCO", () => {
  expect(rows('[{"image": "a.jpg", "captions": ["A", "B"]}]', "a.json")).toEqual([
    ["a.jpg", "A", "B"],
  ]);
  expect(rows('[{"image": "a.jpg", "caption": "A"}]', "a.jsonl")).toEqual([["a.jpg", "A"]]);
  const images = [
    { id: 7, file_name: "a.jpg", height: 480 },
    { id: 9, file_name: "b.jpg", height: 480 },
  ];
  const annotations = [
    { id: 1, image_id: 9, caption: "B" },
    { id: 2, image_id: 7, caption: "A" },
    { id: 3, image_id: 9, caption: "Also B" },
  ];
  const coco = JSON.stringify({ info: {}, images, annotations });
  expect(rows(coco, "captions_val2014.json")).toEqual([
    ["b.jpg", "B"],
    ["a.jpg", "A"],
    ["b.jpg", "Also B"],
  ]);
  const lost = JSON.stringify({ images, annotations: [{ image_id: 8, caption: "?" }] });
  expect(() => rows(lost, "a.json")).toThrow(
    "a.json: annotation 1 names the image 8, which is absent",
  );
  expect(() => rows('{"data": 1}', "a.json")).toThrow("is neither an array of objects, such as [{");
});

test("blank lines of JSONL are skipped; a caption that row 1 lacks names row 1", () => {
  expect(rows('\n{"image": "a", "text": "A"}\n   \n\t\n', "a.jsonl")).toEqual([["a", "A"]]);
  const lacking = '{"image": "a"}\n{"image": "b", "caption": "B"}\n';
  expect(() => rows(lacking, "a.jsonl")).toThrow("a.jsonl:1: caption must be text, got nothing");
});

test("a.jpg, ./a.jpg and its absolute path are one picture", async () => {
  put("a.jpg", grey(1));
  put(
    "captions.csv",
    `image,caption\na.jpg,A\n./a.jpg,B\nx/../a.jpg,C\n${join(folder, "a.jpg")},D\n`,
  );
  expect(await open()).toEqual([[1, ["A", "B", "C", "D"]]]);
});

test("metadata.jsonl: paths start at its own folder, and splits have a file each", async () => {
  put("train/1.png", grey(1));
  put("train/metadata.jsonl", '{"file_name": "1.png", "text": "one"}\n');
  put("valid/2.png", grey(2));
  put("valid/metadata.jsonl", '{"file_name": "2.png", "text": "two"}\n');
  expect(await open()).toEqual([[1, ["one"]]]);
  expect(await open({ split: "validation" })).toEqual([[2, ["two"]]]);
});

test("captions.txt beside Images/, as Flickr8k at Kaggle", async () => {
  put("Images/1.jpg", grey(1));
  put("captions.txt", 'image,caption\n1.jpg,A child .\n1.jpg,"A girl , alone ."\n');
  expect(await open({ images: "Images" })).toEqual([[1, ["A child .", "A girl , alone ."]]]);
  await expect(open()).rejects.toThrow("1.jpg cannot be decoded: the file does not exist");
  await expect(open({ images: ".." })).rejects.toThrow("leads out of");
});
