import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { encodeManifest, FORMAT_VERSION, readManifest } from "./checkpoint-manifest.ts";

const folder = mkdtempSync(join(tmpdir(), "moesaic-manifest-"));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (content: string | Uint8Array): void =>
  writeFileSync(join(folder, "checkpoint.json"), content);

const manifest = {
  step: 20,
  score: 0.1,
  files: { "model.safetensors": { size: 7, sha256: "ab".repeat(32) } },
  run_files: undefined,
};

test("a manifest is read as it was written", async () => {
  expect(await readManifest(folder)).toEqual({ missing: true });
  put(encodeManifest(manifest));
  expect(await readManifest(folder)).toEqual({ manifest });
  put(encodeManifest({ step: 1, score: null }));
  expect(await readManifest(folder)).toEqual({ manifest: { step: 1, score: null } });
});

test("any flipped bit is found", async () => {
  const bytes = Buffer.from(encodeManifest(manifest));
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    put(flipped);
    expect(await readManifest(folder), flipped.toString()).not.toHaveProperty("manifest");
  }
});

test("a file of an older version has neither digests nor a format version", async () => {
  put('{"step":20,"score":0.5}');
  expect(await readManifest(folder)).toEqual({ manifest: { step: 20, score: 0.5 } });
});

test("a newer format is refused whatever it contains", async () => {
  put(JSON.stringify({ format_version: FORMAT_VERSION + 1, steps: [1] }));
  expect(await readManifest(folder)).toEqual({ newer: FORMAT_VERSION + 1 });
});
