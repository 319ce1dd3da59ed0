import { expect, test } from "vitest";
import { array } from "../graph/array.ts";
import { decodeNpy, encodeNpy } from "./npy.ts";

const table = array([
  [1, 2.5, -3],
  [0, 0.1, 7],
]);

test("the bytes equal NumPy's", () => {
  const bytes = encodeNpy(table);
  const text = new TextDecoder("latin1").decode(bytes);
  expect(text.slice(0, 8)).toBe("\x93NUMPY\x01\x00");
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  expect(text.slice(10, 10 + header.length)).toBe(header);
  expect([bytes.length % 64, text[bytes.length - 24 - 1]]).toEqual([24, "\n"]);
  expect([...new Float32Array(bytes.slice(-24).buffer)]).toEqual([...table.data]);
});

test("written files are read back, at any offset of a buffer", () => {
  const bytes = encodeNpy(table);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  expect(decodeNpy(shifted.subarray(3))).toEqual(table);
  const empty = array([[]]);
  expect(decodeNpy(encodeNpy(empty)).shape).toEqual([1, 0]);
});

test.each<[string, (bytes: Uint8Array) => Uint8Array, string]>([
  ["another file", () => new TextEncoder().encode("not an array at all"), "does not start with"],
  ["a truncated file", (bytes) => bytes.slice(0, -4), "take 24 bytes, but it holds 20"],
  ["a truncated header", (bytes) => bytes.slice(0, 40), "its header has"],
  ["doubles", (bytes) => swap(bytes, "<f4", "<f8"), "its type is <f8"],
  ["column-major order", (bytes) => swap(bytes, "False", "True "), "it is column-major"],
  ["three axes", (bytes) => swap(bytes, "(2, 3)", "(2,3,)"), ""],
  ["a huge shape", (bytes) => swap(bytes, "(2, 3), }      ", "(2, 9999999), }"), "holds 24"],
])("%s", (_, change, reason) => {
  const bytes = change(encodeNpy(table));
  if (reason === "") expect(decodeNpy(bytes)).toEqual(table);
  else expect(() => decodeNpy(bytes, "x.npy")).toThrow(reason);
});

function swap(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = new TextDecoder("latin1").decode(bytes);
  return Uint8Array.from(text.replace(from, to), (character) => character.charCodeAt(0));
}
