import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openPictureFolder, openPictures } from "./picture-folder.ts";
import { plainPng } from "./pictures.fixture.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moesaic-pictures-"));
  mkdirSync(join(folder, "deep", "er"), { recursive: true });
  mkdirSync(join(folder, ".hidden"));
  writeFileSync(join(folder, "b.png"), plainPng(4, 2, [10, 0, 0]));
  writeFileSync(join(folder, "deep", "a.png"), plainPng(3, 3, [20, 0, 0]));
  writeFileSync(join(folder, "deep", "er", "c.PNG"), plainPng(2, 2, [30, 0, 0]));
  writeFileSync(join(folder, ".hidden", "d.png"), plainPng(2, 2, [40, 0, 0]));
  writeFileSync(join(folder, "notes.txt"), "x");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("all pictures below a folder, by path, in one size", async () => {
  symlinkSync(folder, join(folder, "loop"));
  const { dataset, paths } = await openPictureFolder(folder, { size: 2 });
  expect(paths).toEqual(["b.png", "deep/a.png", "deep/er/c.PNG"]);
  expect(dataset).toMatchObject({ length: 3, classNames: [], imageShape: { height: 2, width: 2 } });
  expect([0, 1, 2].map((at) => dataset.get(at).image[0])).toEqual([10, 20, 30]);
});

test("a broken picture is skipped and counted, and paths stay aligned with pictures", async () => {
  writeFileSync(join(folder, "c.png"), "no picture");
  await expect(openPictureFolder(folder, { size: 2 })).rejects.toThrow(
    "c.png cannot be decoded: it is not a JPEG, PNG",
  );
  const messages: string[] = [];
  const { dataset, paths } = await openPictureFolder(
    folder,
    { size: 2, onBroken: "skip" },
    { onReport: ({ message }) => messages.push(message) },
  );
  expect(messages).toEqual([
    expect.stringContaining("skipped 1 file: they are hidden"),
    expect.stringContaining("skipped 1 file: their names end in .txt"),
    expect.stringContaining("skipped 1 of 4 pictures: it is not a JPEG, PNG"),
  ]);
  expect(paths).toEqual(["b.png", "deep/a.png", "deep/er/c.PNG"]);
  expect(dataset.get(1).image[0]).toBe(20);
});

test("pictures by name, and invalid folders", async () => {
  const { dataset } = await openPictures(folder, ["deep/a.png"], { channels: 1 });
  expect(dataset.imageShape).toEqual({ height: 3, width: 3, channels: 1 });
  await expect(openPictureFolder(join(folder, "none"))).rejects.toThrow("is not a folder");
  await expect(openPictureFolder(join(folder, ".hidden", ".."), { size: 0 })).rejects.toThrow(
    "size",
  );
  mkdirSync(join(folder, "empty"));
  await expect(openPictureFolder(join(folder, "empty"))).rejects.toThrow("have no pictures");
});
