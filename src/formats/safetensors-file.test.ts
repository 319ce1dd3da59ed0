import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { allocate, array, type NdArray } from "../graph/array.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import { checkSafetensorsFile, readSafetensorsFile } from "./safetensors-file.ts";

const folder = mkdtempSync(join(tmpdir(), "moesaic-safetensors-"));
afterAll(() => rmSync(folder, { recursive: true }));

const put = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

test("a file of 2.5 GiB is read in chunks, past the 2 GiB that one read gives", async () => {
  // Ten tensors share the memory that they are read into, so that the test needs 256 MiB.
  const elements = 2 ** 26;
  const fields = Array.from({ length: 10 }, (_, i) => [
    `tensor${i}`,
    { dtype: "F32", shape: [elements], data_offsets: [4 * elements * i, 4 * elements * (i + 1)] },
  ]);
  const header = Buffer.from(JSON.stringify(Object.fromEntries(fields)));
  const path = join(folder, "large.safetensors");
  const file = openSync(path, "w");
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  writeSync(file, Buffer.concat([size, header]));
  const last = Buffer.alloc(4);
  last.writeFloatLE(42.5);
  const end = 8 + header.length + 40 * elements;
  writeSync(file, last, 0, 4, end - 4);
  closeSync(file);
  truncateSync(path, end); // the rest is sparse

  const target = allocate("float32", [elements]);
  let bytes = 0;
  const { tensors } = await readSafetensorsFile(path, {
    into: (stored) => new Map<string, NdArray>(stored.map(({ name }) => [name, target])),
    onBytes: (chunk) => (bytes += chunk.length),
  });
  expect(bytes).toBe(end);
  expect(bytes).toBeGreaterThan(2.5 * 2 ** 30);
  expect(tensors.size).toBe(10);
  expect(target.data.at(-1)).toBe(42.5);
  expect(target.data.at(-2)).toBe(0);
}, 120_000);

test.each(["python", "half"])("%s.safetensors reads as it does from memory", async (name) => {
  const url = new URL(`fixtures/${name}.safetensors`, import.meta.url);
  expect(await readSafetensorsFile(fileURLToPath(url))).toEqual(
    decodeSafetensors(readFileSync(url)),
  );
});

test("tensors are read into the memory that the caller gives", async () => {
  const a = array([1, 2, 3]);
  const b = array([4], "int64");
  const path = put("two.safetensors", Buffer.concat(encodeSafetensors({ a, b })));
  const own = allocate("float32", [3]);
  const { tensors } = await readSafetensorsFile(path, { into: () => new Map([["a", own]]) });
  expect(tensors.get("a")).toBe(own);
  expect([...own.data]).toEqual([1, 2, 3]);
  expect([...tensors.get("b")!.data]).toEqual([4n]);
});

test("truncated and corrupt files are refused by name", async () => {
  const whole = Buffer.concat(encodeSafetensors({ a: array([1, 2, 3]) }));
  const cut = put("cut.safetensors", whole.subarray(0, -4));
  for (const read of [readSafetensorsFile, checkSafetensorsFile]) {
    await expect(read(cut)).rejects.toThrow(
      `${cut}: tensor "a" ends at byte 12 but only 8 bytes of data follow the header`,
    );
    await expect(read(put("empty", Buffer.alloc(3)))).rejects.toThrow("3 bytes are too few");
    await expect(read(put("long", Buffer.alloc(16, 1)))).rejects.toThrow("more than the limit");
    const head = put("head", whole.subarray(0, 20));
    await expect(read(head)).rejects.toThrow(/its header has \d+ bytes but the file only 20/);
  }
  await checkSafetensorsFile(put("whole.safetensors", whole));
});

test("tensors of unknown types are skipped if asked, and the next ones read", async () => {
  const header =
    '{"a":{"dtype":"F6_E2M3","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}';
  const bytes = Buffer.alloc(8 + header.length + 6);
  bytes.writeBigUInt64LE(BigInt(header.length));
  bytes.write(header, 8);
  bytes.writeFloatLE(3, 8 + header.length + 2);
  const path = put("float8.safetensors", bytes);
  await expect(readSafetensorsFile(path)).rejects.toThrow('tensor "a" has dtype F6_E2M3');
  const { tensors, unreadable } = await readSafetensorsFile(path, { skipUnreadable: true });
  expect([...tensors.get("b")!.data]).toEqual([3]);
  expect([...unreadable]).toEqual([["a", "F6_E2M3"]]);
});
