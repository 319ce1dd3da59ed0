import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openCaptionedImages } from "./captioned/captioned-images.ts";
import { resolveInside } from "./folder-files.ts";
import { openImageFolder } from "./image-folder.ts";
import { plainPng } from "./pictures.fixture.ts";

let outside = "";
let folder = "";
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), "moesaic-folder-"));
  folder = join(outside, "pictures");
  mkdirSync(folder);
});
afterEach(() => rmSync(outside, { recursive: true }));

function put(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}
const red = (value: number): Uint8Array => plainPng(2, 2, [value, 0, 0]);

test("class folders: classes are sorted, other files skipped, splits drawn deterministically", async () => {
  for (let i = 0; i < 10; i++) {
    put(`zebra/${i}.png`, red(i));
    put(`ant/${i}.PNG`, red(100 + i));
  }
  put("ant/notes.txt", "x");
  put(".hidden/a.png", "x");
  put("readme.md", "x");
  const open = (split: "train" | "validation" | "test") =>
    openImageFolder({ name: "image-folder", split, folder });
  const sets = [await open("train"), await open("validation"), await open("test")];
  expect(sets.map(({ length }) => length)).toEqual([16, 2, 2]);
  expect(sets[0]!.classNames).toEqual(["ant", "zebra"]);
  const all = sets.flatMap((set) => Array.from({ length: set.length }, (_, i) => set.get(i)));
  for (const { image, label } of all) expect(label).toBe(image[0]! >= 100 ? 0 : 1);
  expect(new Set(all.map(({ image }) => image[0])).size).toBe(20);
});

test("split folders are used unchanged, with classes numbered as in train", async () => {
  put("train/b/1.png", red(1));
  put("train/a/2.png", red(2));
  put("val/b/3.png", red(3));
  put("test/b/4.png", red(4));
  const open = (split: "train" | "validation" | "test") =>
    openImageFolder({ name: "image-folder", split, folder });
  expect((await open("train")).length).toBe(2);
  expect((await open("validation")).get(0)).toMatchObject({ label: 1 });
  expect((await open("test")).get(0).image[0]).toBe(4);
  put("test/c/5.png", red(5));
  await expect(open("test")).rejects.toThrow(/5\.png: the training pictures have no class c/);
});

test("domain and class folders", async () => {
  for (const domain of ["photo", "sketch"]) {
    for (let i = 0; i < 5; i++) put(`${domain}/dog/${i}.png`, red(i));
  }
  const set = await openImageFolder({
    name: "image-folder",
    split: "test",
    folder,
    layout: "domain/class",
    testDomains: ["sketch"],
    channels: 1,
  });
  expect(set.length).toBe(5);
  expect(set.get(2)).toMatchObject({ domain: "sketch", label: 0, channels: 1 });
});

test("a list of paths: rows of one picture are one sample with all captions", async () => {
  for (let i = 0; i < 3; i++) put(`img/${i}.png`, red(i));
  put(
    "captions.csv",
    'image,caption\nimg/0.png,"Red, dark."\nimg/1.png,Second\nimg/0.png,Another\nimg/2.png,Third\n',
  );
  const open = (more: object = {}) =>
    openCaptionedImages({
      name: "captioned-images",
      split: "train",
      folder,
      validationSize: 0,
      testSize: 0,
      ...more,
    });
  const set = await open();
  expect(set.length).toBe(3);
  expect(set.get(0)).toMatchObject({ captions: ["Red, dark.", "Another"], label: 0 });
  expect(set.get(2).image[0]).toBe(2);
  expect(set.classNames).toEqual([]);

  const validation = {
    split: "validation",
    files: { train: "captions.csv", validation: "v.jsonl" },
  };
  put("v.jsonl", '{"file_name": "img/1.png", "text": ["A", "B"]}\n');
  expect((await open(validation)).get(0).captions).toEqual(["A", "B"]);
  await expect(open({ files: { train: "none.csv" } })).rejects.toThrow("none.csv is missing");
});

test("base64 in the columns b64string_images, caption; a broken picture is reported or skipped", async () => {
  const rows = (["base64", "base64url"] as const).map(
    (alphabet, i) => `${Buffer.from(red(i + 1)).toString(alphabet)},text ${i}`,
  );
  put("captions.csv", ["b64string_images,caption", ...rows, "@@@,broken"].join("\n"));
  const spec = {
    name: "captioned-images",
    split: "train",
    folder,
    validationSize: 0,
    testSize: 0,
  } as const;
  await expect(openCaptionedImages(spec)).rejects.toThrow(
    "captions.csv:4 cannot be decoded: its text is not base64; repair it",
  );
  const set = await openCaptionedImages({ ...spec, onBroken: "skip" }, { onReport: () => {} });
  expect(set.length).toBe(2);
  expect(set.get(1)).toMatchObject({ captions: ["text 1"] });
  expect(set.get(1).image[0]).toBe(2);
});

test("files outside of the folder are never opened", async () => {
  writeFileSync(join(outside, "secret.png"), red(7));
  symlinkSync(join(outside, "secret.png"), join(folder, "link.png"));
  put("..odd.png", red(1));
  expect(await resolveInside(folder, "..odd.png")).toMatch(/\.\.odd\.png$/);
  for (const name of ["../secret.png", "a/../../secret.png", join(outside, "secret.png")]) {
    await expect(resolveInside(folder, name)).rejects.toThrow("leads out of");
    put("captions.jsonl", `${JSON.stringify({ image: name, caption: "x" })}\n`);
    const spec = { name: "captioned-images", split: "train", folder, onBroken: "skip" } as const;
    await expect(openCaptionedImages(spec)).rejects.toThrow(`"${name}" leads out of ${folder}`);
  }
  const refused = `"link.png" is a link that leads out of ${folder}; put the file into the folder`;
  await expect(resolveInside(folder, "link.png", { followLinks: false })).rejects.toThrow(refused);
  mkdirSync(join(outside, "other"));
  symlinkSync(join(outside, "other"), join(folder, "class"));
  const spec = { name: "image-folder", split: "train", folder, followLinks: false } as const;
  await expect(openImageFolder(spec)).rejects.toThrow(/"(class|link\.png)" is a link/);
});

test("a path without a file is a broken picture", async () => {
  put("captions.tsv", "filepath\ttitle\nno.png\tText\n");
  await expect(
    openCaptionedImages({ name: "captioned-images", split: "train", folder }),
  ).rejects.toThrow(/no\.png cannot be decoded: the file does not exist; repair it/);
  await expect(
    openImageFolder({ name: "image-folder", split: "train", folder: join(folder, "none") }),
  ).rejects.toThrow("none is not a folder");
});
