import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../graph/array.ts";
import { UserError } from "../graph/errors.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

/** Files written by Python's `safetensors`; see fixtures/make_safetensors.py. */
const fixture = (name: string): Uint8Array =>
  readFileSync(new URL(`fixtures/${name}.safetensors`, import.meta.url));
const join = (chunks: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(chunks));

/** A file with this header text and `size` bytes of data. */
function file(header: string, size = 0, headerLength = header.length): Uint8Array {
  const bytes = new Uint8Array(8 + header.length + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(new TextEncoder().encode(header), 8);
  return bytes;
}

const tensors: Record<string, NdArray> = {
  "blocks.0.weight": array([
    [0, 0.25, 0.5],
    [0.75, 1, 1.25],
  ]),
  "blocks.0.bias": array([-1.5, 2.25, Number.POSITIVE_INFINITY]),
  moments: array([0.1, 1e300], "float64"),
  step: { dtype: "int64", shape: [], data: new BigInt64Array([2n ** 53n + 1n]) },
  ids: array([-7, 8], "int32"),
  bytes: array([0, 127, 255], "uint8"),
  mask: array([[true], [false]], "bool"),
  empty: { dtype: "float32", shape: [0, 4], data: new Float32Array(0) },
  größe: array([3]),
};

test("our file equals Python's, byte for byte", () => {
  const ours = join(encodeSafetensors(tensors, { format: "pt" }));
  expect(Buffer.compare(ours, fixture("python"))).toBe(0);
  expect(join(encodeSafetensors(new Map(Object.entries(tensors)), { format: "pt" }))).toEqual(ours);
});

test("a file written by Python reads back with dtypes, shapes and values", () => {
  const content = decodeSafetensors(fixture("python"));
  expect(content.metadata).toEqual({ format: "pt" });
  expect(Object.fromEntries(content.tensors)).toEqual(tensors);
});

test("half-precision tensors are widened to float32", () => {
  const { tensors } = decodeSafetensors(fixture("half"));
  const half = tensors.get("half")!;
  expect(half.dtype).toBe("float32");
  expect(toNumbers(half)).toEqual([1, -2.5, 65504, 2 ** -24, Number.NEGATIVE_INFINITY]);
  const brain = toNumbers(tensors.get("brain")!);
  expect(brain.slice(0, 3)).toEqual([1, -2.5, 65536]);
  expect(brain[3]).toBeCloseTo(6e-8, 9);
});

test("aligned tensors are views of the file, others are copied", () => {
  const bytes = join(encodeSafetensors(tensors));
  for (const { data } of decodeSafetensors(bytes).tensors.values()) {
    expect(data.buffer).toBe(bytes.buffer);
  }
  const shifted = new Uint8Array(bytes.length + 1).subarray(1);
  shifted.set(bytes);
  const { tensors: copies } = decodeSafetensors(shifted);
  expect(copies.get("moments")!.data.buffer).not.toBe(shifted.buffer);
  expect(Object.fromEntries(copies)).toEqual(tensors);
});

test("names that look like numbers or prototypes survive", () => {
  const odd = new Map([
    ["10", array([1])],
    ["9", array([2])],
    ["__proto__", array([3])],
  ]);
  const { tensors } = decodeSafetensors(join(encodeSafetensors(odd)));
  expect([...tensors.keys()]).toEqual(["10", "9", "__proto__"]);
  expect(toNumbers(tensors.get("9")!)).toEqual([2]);
});

test("a tensor whose data does not fit its shape is not written", () => {
  const wrong: NdArray = { dtype: "float32", shape: [3], data: new Float32Array(2) };
  expect(() => encodeSafetensors({ wrong })).toThrow(/"wrong" of shape \[3\] with 2 elements/);
});

const entry = (begin: number, end: number, count = (end - begin) / 4): string =>
  `{"dtype":"F32","shape":[${count}],"data_offsets":[${begin},${end}]}`;

test.each<[string, Uint8Array, RegExp]>([
  ["no header length", new Uint8Array(7), /7 bytes are too few.*truncated/],
  ["truncated header", file("{}", 0, 10), /header has 10 bytes but the file only 10; it is trunc/],
  ["too large header", file("{}", 0, 100_000_001), /100000001 bytes, more than the limit/],
  ["other text", file("[1, 2, 3]"), /not a JSON object/],
  ["broken JSON", file('{"a": '), /not a JSON object/],
  ["entry without offsets", file('{"a":{"dtype":"F32","shape":[1]}}', 4), /entry of tensor "a"/],
  ["negative size", file(`{"a":${entry(4, 0, 1)}}`, 4), /entry of tensor "a"/],
  ["fractional shape", file(`{"a":${entry(0, 4, 1.5)}}`, 4), /entry of tensor "a"/],
  ["duplicate", file(`{"a":${entry(0, 4)},"\\u0061":${entry(0, 4)}}`, 4), /tensor "a" twice/],
  ["gap", file(`{"a":${entry(0, 4)},"b":${entry(8, 12)}}`, 12), /"b".*byte 8.*gap.*ends at 4/],
  ["overlap", file(`{"a":${entry(0, 8)},"b":${entry(4, 12)}}`, 12), /"b".*byte 4.*overlaps/],
  ["truncated data", file(`{"a":${entry(0, 8)}}`, 7), /"a" ends at byte 8 but only 7.*truncated/],
  ["trailing bytes", file(`{"a":${entry(0, 8)}}`, 9), /1 bytes follow the last tensor/],
  ["wrong shape", file(`{"a":${entry(0, 8, 3)}}`, 8), /shape \[3\].*needs 12 bytes but has 8/],
  ["unknown dtype", file(`{"a":${entry(0, 4)}}`.replace("F32", "F6_E3M2"), 4), /dtype F6_E3M2/],
  ["metadata of numbers", file('{"__metadata__":{"a":1}}'), /__metadata__ must map texts/],
])("rejects: %s", (_, bytes, message) => {
  const read = (): unknown => decodeSafetensors(bytes, "weights.safetensors");
  expect(read).toThrow(UserError);
  expect(read).toThrow(message);
  expect(read).toThrow(/^weights\.safetensors: /);
});

test("rejects a header that is not UTF-8 and booleans that are not 0 or 1", () => {
  const broken = file("{}      ");
  broken[10] = 0xff;
  expect(() => decodeSafetensors(broken)).toThrow(/not UTF-8/);
  const odd = join(encodeSafetensors({ mask: array([true], "bool") }));
  odd[odd.length - 1] = 2;
  expect(() => decodeSafetensors(odd)).toThrow(/booleans other than 0 and 1/);
});

test("a header without padding, in a Buffer: tensors are aligned copies", () => {
  const header = '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
  expect(header.length % 4).not.toBe(0);
  const bytes = Buffer.from(file(header, 8));
  bytes.writeFloatLE(1.5, 8 + header.length);
  bytes.writeFloatLE(-2, 12 + header.length);
  expect([...decodeSafetensors(bytes).tensors.get("a")!.data]).toEqual([1.5, -2]);
});

test("tensors of other types are left out if that is wanted, and named with their type", () => {
  const header =
    '{"a":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}';
  expect(() => decodeSafetensors(file(header, 8))).toThrow('tensor "a" has dtype F6_E2M3');
  const { tensors, unreadable } = decodeSafetensors(file(header, 8), "x", { skipUnreadable: true });
  expect([[...tensors.keys()], [...unreadable]]).toEqual([["b"], [["a", "F6_E2M3"]]]);
});
