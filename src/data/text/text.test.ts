import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TextDataset } from "../dataset.ts";
import {
  openAgNews,
  openLabelledText,
  openShakespeare,
  openSst2,
  openTextStream,
} from "./index.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "moesaic-text-"));
  for (const folder of ["tinyshakespeare", "sst2", "ag_news", "own"])
    await mkdir(join(root, folder));
  const write = (file: string, content: string | Uint8Array): Promise<void> =>
    writeFile(join(root, file), content);
  await write("tinyshakespeare/input.txt", "0123456789");
  await write("sst2/train.tsv", 'a "fine" film\t1\nso dull\t0');
  await write("sst2/dev.tsv", "so fine\t2\n");
  await write("ag_news/test.csv", 'label,title,description\n3,"Oil, up","a\\b"\n1,x,y\n4,z,"w"\n');
  await write(
    "own/all.jsonl.gz",
    gzipSync(`${'{"t":"a","y":"no"}\n'.repeat(8)}{"t":"b","y":"yes"}\n`),
  );
  await write("own/test.jsonl", '{"t":"c","y":"yes"}\n');
  await write("own/latin.txt", Uint8Array.of(97, 10, 98, 0xe9, 10, 97));
});
afterAll(() => rm(root, { recursive: true }));

const samples = (set: TextDataset): unknown[] =>
  Array.from({ length: set.length }, (_, index) => set.get(index));

test("tiny-shakespeare: nine tenths for training, the rest for validation", async () => {
  const open = (split: "train" | "validation" | "test"): ReturnType<typeof openShakespeare> =>
    openShakespeare({ name: "tinyshakespeare", split, root });
  expect(await open("train")).toEqual({
    kind: "stream",
    name: "tinyshakespeare",
    split: "train",
    text: "012345678",
  });
  expect((await open("validation")).text).toBe("9");
  await expect(open("test")).rejects.toThrow("the test split is empty; set test_fraction above 0");
});

test("SST-2: quotes are text, labels are checked", async () => {
  const train = await openSst2({ name: "sst2", split: "train", root });
  expect(train).toMatchObject({ kind: "text", length: 2, classNames: ["negative", "positive"] });
  expect(samples(train)).toEqual([
    { index: 0, text: 'a "fine" film', label: 1 },
    { index: 1, text: "so dull", label: 0 },
  ]);
  expect(() => train.get(2)).toThrow("sst2 train has samples 0 to 1, got index 2");
  await expect(openSst2({ name: "sst2", split: "validation", root })).rejects.toThrow(
    'sst2/dev.tsv:1: label "2" is none of the 2 labels 0, 1',
  );
  await expect(openSst2({ name: "sst2", split: "test", root })).rejects.toThrow(
    'test.tsv is missing; set data.root to the folder that contains "sst2/test.tsv"',
  );
});

test("AG News: title and description, backslashes are spaces, labels count from 1", async () => {
  const spec = { name: "ag_news", root, validationSize: 1, testSize: 1 } as const;
  const splits = ["train", "validation", "test"] as const;
  const sets = await Promise.all(splits.map((split) => openAgNews({ ...spec, split })));
  const all = sets.flatMap(samples) as { text: string; label: number }[];
  expect(all.map(({ text, label }) => `${label} ${text}`).sort()).toEqual([
    "0 x y",
    "2 Oil, up a b",
    "3 z w",
  ]);
  expect(sets[0]!.classNames).toEqual(["World", "Sports", "Business", "Sci/Tech"]);
});

test("labels of all splits come from the training file", async () => {
  const spec = {
    name: "own",
    root,
    files: { train: "own/all.jsonl", test: "own/test.jsonl" },
    columns: { text: ["t"], label: "y" },
    validationSize: 2,
  };
  const train = await openLabelledText({ ...spec, split: "train" });
  const held = await openLabelledText({ ...spec, split: "test" });
  expect([train.length, held.length, held.classNames]).toEqual([7, 1, ["no", "yes"]]);
  expect(held.get(0)).toEqual({ index: 0, text: "c", label: 1 });
  await expect(openLabelledText({ ...spec, split: "train", classNames: ["a"] })).rejects.toThrow(
    "own: 2 labels need the same number of class names, got 1",
  );
  const other = { ...spec, split: "train", files: { train: "own/latin.txt" } } as const;
  await expect(openLabelledText(other)).rejects.toThrow('csv, tsv, jsonl, parquet, got "txt"');
});

test("a file that is not UTF-8 is reported with its line", async () => {
  const spec = { name: "own", split: "train", file: "own/latin.txt", root } as const;
  await expect(openTextStream(spec)).rejects.toThrow("latin.txt:2: the line is not UTF-8");
});
