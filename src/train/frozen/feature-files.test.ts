import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { cacheName, makeRoom, touch } from "./cache-folder.ts";
import { type FeatureFilesOptions, openFeatureFiles } from "./feature-files.ts";
import { temporaryFolder } from "./frozen.fixture.ts";

const root = temporaryFolder();
afterAll(() => rmSync(root, { recursive: true }));
let folder = "";
let count = 0;
const notes: string[] = [];
beforeEach(() => {
  folder = join(root, `cache-${count++}`);
  notes.length = 0;
});

const open = (options: Partial<FeatureFilesOptions> = {}) =>
  openFeatureFiles(folder, { sampleBytes: 12, note: (line) => notes.push(line), ...options });
/** Two features of 8 and 4 bytes. */
const featuresOf = (sample: number) => [
  new Uint8Array(8).fill(sample),
  new Uint8Array(4).fill(100 + sample),
];
const empty = () => [new Uint8Array(8), new Uint8Array(4)];

async function fill(samples: readonly number[], options?: Partial<FeatureFilesOptions>) {
  const files = await open(options);
  const keys = samples.map((sample) => files.keyOf([Uint8Array.of(sample)]));
  for (const [i, sample] of samples.entries()) await files.add(keys[i]!, featuresOf(sample));
  await files.close();
  return keys;
}

/** The samples that can be read, with right features. */
async function known(keys: readonly string[]): Promise<number[]> {
  const files = await open();
  const found: number[] = [];
  for (const [i, key] of keys.entries()) {
    const features = empty();
    expect(await files.read(key, features)).toBe(files.has(key));
    if (!files.has(key)) continue;
    expect(features).toEqual(featuresOf(i));
    found.push(i);
  }
  await files.close();
  return found;
}

const stored = () => readdirSync(folder).map((name) => join(folder, name));

test("features are read from memory, and from files of this and later processes", async () => {
  const files = await open();
  const key = files.keyOf([Uint8Array.of(1, 2), Uint8Array.of(3)]);
  expect(key).toMatch(/^[0-9a-f]{32}$/);
  expect(files.keyOf([Uint8Array.of(1, 2), Uint8Array.of(4)])).not.toBe(key);
  expect(await files.read(key, empty())).toBe(false);
  await files.add(key, featuresOf(7));
  const found = empty();
  expect(await files.read(key, found)).toBe(true);
  expect(found).toEqual(featuresOf(7));
  await files.close();
  expect(stored()).toHaveLength(1);

  const keys = await fill([0, 1, 2]);
  expect(stored()).toHaveLength(2);
  expect(await known(keys)).toEqual([0, 1, 2]);
  await fill([0, 1, 2]); // known already
  expect(stored()).toHaveLength(2);
});

test.each<[string, (path: string) => void]>([
  ["truncated", (path) => truncateSync(path, 100)],
  ["empty", (path) => truncateSync(path, 0)],
  [
    "changed",
    (path) => {
      const bytes = readFileSync(path);
      bytes[bytes.length - 1]! ^= 1;
      writeFileSync(path, bytes);
    },
  ],
])("a %s file is removed, and its features are unknown", async (_, damage) => {
  const first = await fill([0, 1]);
  const [path] = stored();
  const keys = [...first, ...(await fill([2, 3]))];
  damage(path!);
  expect(await known(keys)).toEqual([2, 3]);
  expect(existsSync(path!)).toBe(false);
  expect(notes).toEqual([`${path} is damaged; it is removed, and its features are computed again`]);
});

test("files of other features, and other files, are left out", async () => {
  const keys = await fill([0]);
  writeFileSync(join(folder, "notes.txt"), "mine");
  writeFileSync(join(folder, ".tmp-interrupted"), "half");
  const old = new Date(Date.now() - 2 * 3_600_000);
  await utimes(join(folder, ".tmp-interrupted"), old, old);
  expect(await known(keys)).toEqual([0]);
  expect(readdirSync(folder)).toContain("notes.txt");
  expect(readdirSync(folder)).not.toContain(".tmp-interrupted");
});

test("without room, features are computed each time", async () => {
  const keys = await fill([0, 1], { makeRoom: async () => false });
  expect(await known(keys)).toEqual([]);
  expect(notes).toEqual([
    "the cache of frozen features is full (0 samples of 12 bytes are kept); features of other samples are computed each time",
  ]);
});

test("the caches that were unused for longest make room", async () => {
  const names = ["a", "b", "c"].map((letter) => cacheName(letter.repeat(64)));
  for (const [i, name] of names.entries()) {
    folder = join(root, "all", name);
    await fill([i, i + 1]);
    const used = new Date(Date.now() - (10 - i) * 60_000);
    await utimes(folder, used, used);
  }
  const caches = join(root, "all");
  writeFileSync(join(caches, "notes.txt"), "mine");
  const [first, second, third] = names as [string, string, string];
  await touch(join(caches, first));
  const size = readFileSync(join(caches, second, readdirSync(join(caches, second))[0]!)).length;
  expect(await makeRoom(caches, third, size, 4 * size)).toBe(true);
  expect(readdirSync(caches).sort()).toEqual([...names, "notes.txt"]);
  expect(await makeRoom(caches, third, size, 3 * size)).toBe(true);
  expect(readdirSync(caches).sort()).toEqual([first, third, "notes.txt"].sort());
  expect(await makeRoom(caches, third, size, size)).toBe(false);
  expect(readdirSync(caches)).toContain(first);
});
