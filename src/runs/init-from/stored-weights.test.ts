import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { encodeSafetensors } from "../../formats/safetensors.ts";
import { array, type NdArray } from "../../graph/array.ts";
import { initFromSchema } from "../../recipe/init-from/init-from-config.ts";
import { initializeTensors } from "./init-from.fixture.ts";
import { readStoredWeights } from "./stored-weights.ts";

const folder = mkdtempSync(join(tmpdir(), "moesaic-weights-"));
afterAll(() => rmSync(folder, { recursive: true }));

function put(path: string, content: string | Uint8Array): string {
  const full = join(folder, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
  return full;
}
const weights = (tensors: Record<string, NdArray>): Buffer =>
  Buffer.concat(encodeSafetensors(tensors));
const valuesOf = ({ tensors }: Awaited<ReturnType<typeof readStoredWeights>>) =>
  Object.fromEntries([...tensors].map(([name, { dtype, data }]) => [name, [dtype, ...data]]));

/** The first entry of a ZIP archive. */
function zip(name: string, content: string): Buffer {
  const packed = deflateRawSync(content);
  const head = Buffer.alloc(30);
  head.write("PK\x03\x04", "latin1");
  head.writeUInt16LE(8, 8);
  head.writeUInt32LE(packed.length, 18);
  head.writeUInt32LE(content.length, 22);
  head.writeUInt16LE(name.length, 26);
  return Buffer.concat([head, Buffer.from(name), packed]);
}

test.each([
  ["pytorch_model.bin", zip("archive/data.pkl", "x"), /is a PyTorch file; convert it in Python/],
  ["old.pth", Buffer.from([0x80, 0x02, 0x8a, 0x0a]), /is a Python pickle, as PyTorch writes/],
  ["vit.npz", zip("embedding/kernel.npy", "x"), /is a NumPy archive \(\.npz\); convert it/],
  ["model.gguf", "GGUF\x03\0\0\0", /is a GGUF file, whose weights are usually quantised/],
  ["keras.h5", Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d]), /is an HDF5 file, as Keras writes/],
  ["a.npy", Buffer.from("\x93NUMPY\x01\0", "latin1"), /is a single NumPy array/],
  ["flax_model.msgpack", "abcdefghijkl", /is no safetensors file by its name/],
  [
    "model.safetensors",
    "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 134\n",
    /is a Git LFS pointer, not the weights themselves; run git lfs pull/,
  ],
])("%s is recognised", async (name, content, reason) => {
  const path = put(`foreign/${name}`, content);
  await expect(readStoredWeights(path)).rejects.toThrow(reason);
  await expect(readStoredWeights(path)).rejects.toThrow(`init_from.path ${path} cannot be read: `);
});

test("a folder of the Hub: one file, or several with an index", async () => {
  put("one/model.safetensors", weights({ a: array([1, 2]) }));
  put("one/pytorch_model.bin", "x");
  expect(valuesOf(await readStoredWeights(join(folder, "one")))).toEqual({ a: ["float32", 1, 2] });
  put("two/model-00001-of-00002.safetensors", weights({ a: array([1]) }));
  put("two/model-00002-of-00002.safetensors", weights({ b: array([2]) }));
  const weight_map = {
    a: "model-00001-of-00002.safetensors",
    b: "model-00002-of-00002.safetensors",
  };
  const index = put("two/model.safetensors.index.json", JSON.stringify({ weight_map }));
  const both = { a: ["float32", 1], b: ["float32", 2] };
  expect(valuesOf(await readStoredWeights(join(folder, "two")))).toEqual(both);
  expect(valuesOf(await readStoredWeights(index))).toEqual(both);
  const other = put(
    "two/other.json",
    JSON.stringify({ weight_map: { a: "../one/model.safetensors" } }),
  );
  await expect(readStoredWeights(other)).rejects.toThrow("is not beside the index");
  const missing = put(
    "two/missing.json",
    JSON.stringify({ weight_map: { a: "none.safetensors" } }),
  );
  await expect(readStoredWeights(missing)).rejects.toThrow("none.safetensors is missing");
  const config = put("two/config.json", "{}");
  await expect(readStoredWeights(config)).rejects.toThrow('it is JSON without a "weight_map"');
});

test("a folder with PyTorch's weights alone, or without any, says what to do", async () => {
  put("torch/pytorch_model.bin", zip("archive/data.pkl", "x"));
  await expect(readStoredWeights(join(folder, "torch"))).rejects.toThrow(
    "has no model.safetensors, and its pytorch_model.bin is a PyTorch file; convert it in Python",
  );
  put("none/readme.md", "x");
  await expect(readStoredWeights(join(folder, "none"))).rejects.toThrow(
    "has no checkpoint and no model.safetensors; give a trained run, or a safetensors file",
  );
});

const start = (path: string, more: object = {}) => {
  const targets = new Map<string, NdArray>([["a", array([0, 0])]]);
  return initializeTensors(initFromSchema.parse({ path, ...more }), targets).then(() => [
    ...targets.get("a")!.data,
  ]);
};

test("float64 is rounded to float32", async () => {
  const path = put("double.safetensors", weights({ a: array([0.1, 2], "float64") }));
  expect(await start(path)).toEqual([Math.fround(0.1), 2]);
});

test("a value that is not finite is named with its tensor and place", async () => {
  const path = put("nan.safetensors", weights({ a: array([1, Number.NaN]) }));
  await expect(start(path)).rejects.toThrow(
    `tensor "a" is damaged: 1 of 2 values are not finite, the first is NaN at 1; take weights of an earlier checkpoint`,
  );
});

test("a type that is not read matters only where the model uses the tensor", async () => {
  const withBytes = (name: string): Buffer => {
    const header = `{"${name}":{"dtype":"F6_E2M3","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"F32","shape":[2],"data_offsets":[2,10]}}`;
    const bytes = Buffer.alloc(8 + header.length + 10);
    bytes.writeBigUInt64LE(BigInt(header.length));
    bytes.write(header, 8);
    bytes.writeFloatLE(3, 8 + header.length + 2);
    return bytes;
  };
  const rename = { rename: [{ from: "b", to: "a" }] };
  expect(await start(put("unused.safetensors", withBytes("scale")), rename)).toEqual([3, 0]);
  await expect(start(put("used.safetensors", withBytes("a")))).rejects.toThrow(
    'tensor "a" has dtype F6_E2M3, which is not read; store it as float32',
  );
});
