import { expect, test } from "vitest";
import { bits } from "./draw.ts";
import { foldIn, type Key, key, split } from "./key.ts";

test("a key is the two halves of its seed", () => {
  expect(key(7)).toEqual({ k0: 0, k1: 7 });
  expect(key(2 ** 32 + 5)).toEqual({ k0: 1, k1: 5 });
  expect(key(-1)).toEqual({ k0: 0xffffffff, k1: 0xffffffff });
  expect(key(0x13198a2e03707344n)).toEqual({ k0: 0x13198a2e, k1: 0x03707344 });
});

test("folding depends on parent and data, and distinguishes all data", () => {
  const parent = key(3);
  const folded = [
    0,
    1,
    2,
    2 ** 32,
    2 ** 53 - 1,
    "",
    "0",
    "a",
    "b",
    "a\0",
    "router",
    "router/noise",
  ];
  const names = new Set(folded.map((data) => JSON.stringify(foldIn(parent, data))));
  expect(names.size).toBe(folded.length);
  expect(foldIn(parent, "router")).toEqual(foldIn(key(3), "router"));
  expect(foldIn(parent, "router")).not.toEqual(foldIn(key(4), "router"));
});

test("split or folded keys differ from the key's random words", () => {
  const parent = key(1);
  const words = new Set(bits(parent, 4096));
  const children: Key[] = [...split(parent, 64)];
  for (let i = 0; i < 64; i++) children.push(foldIn(parent, i));
  expect(children.filter((child) => words.has(child.k0))).toEqual([]);
  expect(new Set(children.map((child) => child.k0)).size).toBe(128);
});

test("the first of many split keys equal the keys of a smaller split", () => {
  expect(split(key(9), 5).slice(0, 2)).toEqual(split(key(9)));
});

test("seeds and folded numbers must be whole", () => {
  expect(() => key(0.5)).toThrow("seed must be an integer up to 2^53, got 0.5");
  expect(() => foldIn(key(0), -1)).toThrow("foldIn takes an integer in [0, 2^53) or a string");
});
