import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ReportItem } from "../data-report.ts";
import { datasets } from "../registry.ts";
import { type ImageFolderSpec, imageFolder, openImageFolder } from "./image-folder.ts";
import { plainPng } from "./pictures.fixture.ts";

let outside = "";
let folder = "";
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), "moesaic-own-"));
  folder = join(outside, "pictures");
  mkdirSync(folder);
});
afterEach(() => rmSync(outside, { recursive: true }));

function put(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(outside, path)), { recursive: true });
  writeFileSync(join(outside, path), content);
}
const red = (value: number): Uint8Array => plainPng(2, 2, [value, 0, 0]);

async function open(spec: Partial<ImageFolderSpec> = {}) {
  const items: ReportItem[] = [];
  const hooks = { onReport: (item: ReportItem) => items.push(item) };
  const set = await openImageFolder(
    { name: "image-folder", split: "train", folder, ...spec },
    hooks,
  );
  const reds = Array.from({ length: set.length }, (_, index) => set.get(index).image[0]!);
  return { set, reds, messages: items.map(({ message }) => message), items };
}
const whole = { validationSize: 0, testSize: 0 };

test.each(["valid", "val", "dev", "eval", "Validation", "VAL"])(
  "the folder %s is the validation split",
  async (name) => {
    put("pictures/Train/b/1.png", red(1));
    put(`pictures/${name}/b/2.png`, red(2));
    put("pictures/TEST/b/3.png", red(3));
    expect((await open()).reds).toEqual([1]);
    expect((await open({ split: "validation" })).reds).toEqual([2]);
    expect((await open({ split: "test" })).reds).toEqual([3]);
  },
);

test("a folder train without class folders is a class, two validation folders are refused", async () => {
  for (const name of ["train", "bus"]) put(`pictures/${name}/1.png`, red(1));
  expect((await open(whole)).set.classNames).toEqual(["bus", "train"]);
  put("pictures/train/b/1.png", red(1));
  put("pictures/val/b/1.png", red(1));
  put("pictures/valid/b/1.png", red(1));
  await expect(open()).rejects.toThrow(
    "has several folders of the validation split, val and valid; keep one of them",
  );
});

test("splits without a train folder are refused, folders beside the splits are reported", async () => {
  put("pictures/val/b/2.png", red(2));
  await expect(open()).rejects.toThrow(`${folder} has val but no train folder; add it`);
  put("pictures/train/b/1.png", red(1));
  put("pictures/test/b/1.png", red(1));
  put("pictures/extra/b/1.png", red(1));
  put("pictures/train/loose.png", red(9));
  expect((await open()).messages).toEqual([
    `image-folder train: skipped 1 folder: they are not folders of splits; the first: ${join(folder, "extra")}`,
    `image-folder train: skipped 1 picture: they are outside of the class folders; the first: ${join(folder, "train/loose.png")}`,
  ]);
});

test("pictures lie at any depth below a class folder, other files are counted by reason", async () => {
  put("pictures/cat/1.png", red(1));
  put("pictures/cat/2020/may/2.JPE", red(2));
  put("pictures/cat/2020/3.jfif", red(3));
  put("pictures/dog/4.png", red(4));
  put("pictures/empty/readme.md", "text");
  put("pictures/cat/a.txt", "text");
  put("pictures/cat/2020/b.txt", "text");
  put("pictures/dog/.DS_Store", "text");
  const { reds, set, items } = await open(whole);
  expect(reds).toEqual([1, 3, 2, 4]); // by path
  expect(set.classNames).toEqual(["cat", "dog"]);
  expect(
    items.map((item) => item.kind === "skipped" && [item.what, item.count, item.reason]),
  ).toEqual([
    ["files", 2, "their names end in .txt, which is not a picture format"],
    ["files", 1, "they are hidden, because their names begin with a dot"],
    ["files", 1, "their names end in .md, which is not a picture format"],
    ["folders", 1, "they contain no pictures"],
  ]);
});

test("links to files and folders elsewhere are followed, or refused", async () => {
  put("blobs/0a1b", red(1));
  put("elsewhere/2.png", red(2));
  put("elsewhere/deep/3.png", red(3));
  mkdirSync(join(folder, "cat"));
  symlinkSync("../../blobs/0a1b", join(folder, "cat/1.png")); // as the cache of the Hub
  symlinkSync(join(outside, "elsewhere"), join(folder, "dog"));
  symlinkSync(join(outside, "elsewhere"), join(outside, "elsewhere/deep/loop"));
  const { reds, set, messages } = await open(whole);
  expect([reds, set.classNames]).toEqual([
    [1, 2, 3],
    ["cat", "dog"],
  ]);
  expect(messages).toEqual([
    `image-folder train: skipped 1 folder: they are links to folders that are listed already; the first: ${join(folder, "dog/deep/loop")}`,
  ]);
  await expect(open({ ...whole, followLinks: false })).rejects.toThrow(
    `"dog" is a link that leads out of ${folder}; put the file into the folder, or set data.follow_links: true`,
  );
});

test("a dangling link and a link to itself are broken pictures", async () => {
  put("pictures/cat/1.png", red(1));
  symlinkSync("none.png", join(folder, "cat/2.png"));
  symlinkSync("3.png", join(folder, "cat/3.png"));
  mkdirSync(join(folder, "cat/4.png"));
  await expect(open(whole)).rejects.toThrow(
    `${join(folder, "cat/2.png")} cannot be decoded: it is a link to a file that does not exist; repair it, or skip such pictures with on_broken: skip`,
  );
  const { reds, messages } = await open({ ...whole, onBroken: "skip" });
  expect(reds).toEqual([1]);
  expect(messages).toEqual([
    `image-folder train: skipped 1 of 3 pictures: it is a link to a file that does not exist; the first: ${join(folder, "cat/2.png")}`,
    `image-folder train: skipped 1 of 3 pictures: it is a link that leads back to itself; the first: ${join(folder, "cat/3.png")}`,
  ]);
});

test("1,000 classes have labels 0 to 999", async () => {
  for (let i = 0; i < 1000; i++) put(`pictures/c${`${i}`.padStart(4, "0")}/1.png`, red(i % 251));
  const { set, reds } = await open(whole);
  expect(set.classNames).toHaveLength(1000);
  for (const index of [0, 255, 256, 999]) {
    expect(set.get(index).label).toBe(index);
    expect(reds[index]).toBe(index % 251);
  }
});

test("a folder with train and val but no test is known before training", async () => {
  put("pictures/train/a/1.png", red(1));
  put("pictures/val/a/2.png", red(2));
  const settings = { name: "image-folder", folder, layout: "class" } as const;
  const hasTest = (more: object = {}): boolean | undefined =>
    datasets.get("image-folder").hasTestSplit?.({ ...settings, ...more });
  expect(hasTest()).toBe(false);
  expect((await open()).messages).toEqual([
    `image-folder train: ${folder} has no test folder, so there are no test scores; add one, or set data.test_size to set pictures of train aside`,
  ]);
  for (let i = 2; i < 6; i++) put(`pictures/train/a/${i}.png`, red(i));
  expect(hasTest({ testSize: 2 })).toBe(true);
  const parts = [await open({ testSize: 2 }), await open({ split: "test", testSize: 2 })];
  expect(parts.map(({ reds }) => reds.length)).toEqual([3, 2]);
  expect(parts.flatMap(({ reds }) => reds).sort()).toEqual([1, 2, 3, 4, 5]);

  put("pictures/test/stranger/1.png", red(1));
  expect(hasTest()).toBe(true);
  const spec = { name: "image-folder", split: "test", folder } as const;
  await expect(imageFolder.check?.(spec)).rejects.toThrow(
    "stranger/1.png: the training pictures have no class stranger; their classes are a",
  );
});
