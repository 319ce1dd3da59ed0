import { expect, test } from "vitest";
import { readIdx } from "./idx.ts";

const labels = [0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9];
const images = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40];
const read = (bytes: number[], rank: number): ReturnType<typeof readIdx> =>
  readIdx(Uint8Array.from(bytes), { name: "train.idx", rank });

test("sizes and bytes of rank 1 and rank 3", () => {
  expect(read(labels, 1)).toEqual({ shape: [3], data: Uint8Array.of(7, 8, 9) });
  expect(read(images, 3)).toEqual({ shape: [2, 1, 2], data: Uint8Array.of(10, 20, 30, 40) });
});

test("a view into a larger buffer is read from its own start", () => {
  const padded = Uint8Array.from([255, ...labels]).subarray(1);
  expect(readIdx(padded, { name: "x", rank: 1 }).data).toEqual(Uint8Array.of(7, 8, 9));
});

test("a truncated file is reported with expected and actual bytes", () => {
  expect(() => read(labels.slice(0, 6), 1)).toThrow(
    "train.idx is not a valid IDX file: expected a header of 8 bytes, got 6 bytes",
  );
  expect(() => read(images.slice(0, -1), 3)).toThrow(
    "it is truncated: sizes 2 x 1 x 2 need 4 bytes of data, got 3",
  );
  expect(() => read([...labels, 1], 1)).toThrow("it has bytes after its end");
});

test("another type or rank is refused", () => {
  expect(() => read(labels, 3)).toThrow("expected a header of 16 bytes, got 11");
  expect(() => read(images, 1)).toThrow("expected magic number 0x00000801, got 0x00000803");
});

test("sizes beyond the limit are refused before anything is read", () => {
  const huge = [0, 0, 8, 3, ...[255, 255, 255, 255], ...[255, 255, 255, 255], 0, 0, 0, 2];
  expect(() => read(huge, 3)).toThrow("4294967295 x 4294967295 x 2 exceed the limit");
});
