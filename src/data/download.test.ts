import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { download, downloadDataset } from "./download.ts";

const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7 + (i >> 8)) & 255));
const md5 = createHash("md5").update(content).digest("hex");
const checksum = { algorithm: "md5", digest: md5 } as const;

let server: Server;
let url = "";
let folder = "";
let path = "";
let ranges: (string | undefined)[] = [];
/** Bytes to send before the connection is closed; undefined for all. */
let cutAfter: number | undefined;
let honourRange = true;

function answer(request: IncomingMessage, response: ServerResponse): void {
  ranges.push(request.headers.range);
  if (request.url === "/missing") {
    response.writeHead(404).end();
    return;
  }
  const start = honourRange
    ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0)
    : 0;
  if (start >= content.length) {
    response.writeHead(416).end();
    return;
  }
  const body = content.subarray(start);
  response.writeHead(start > 0 ? 206 : 200, { "content-length": body.length });
  if (cutAfter === undefined) response.end(body);
  else response.write(body.subarray(0, cutAfter), () => setTimeout(() => response.destroy(), 20));
}

beforeAll(async () => {
  server = createServer(answer);
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());
beforeEach(() => {
  if (folder !== "") rmSync(folder, { recursive: true });
  folder = mkdtempSync(join(tmpdir(), "moesaic-download-"));
  path = join(folder, "sub", "file.bin");
  ranges = [];
  cutAfter = undefined;
  honourRange = true;
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a whole file is saved under its name, with progress up to its size", async () => {
  const seen: [number, number | undefined][] = [];
  await download(`${url}/a`, path, { checksum, onProgress: (n, total) => seen.push([n, total]) });
  expect(readFileSync(path).equals(content)).toBe(true);
  expect(seen.at(-1)).toEqual([content.length, content.length]);
  expect(existsSync(`${path}.part`)).toBe(false);
});

test("an interrupted download leaves a partial file that the next call continues", async () => {
  cutAfter = 40_000;
  await expect(download(`${url}/a`, path, { checksum })).rejects.toThrow(
    /was interrupted after 40000 of 100000 bytes .* run again to resume/,
  );
  expect(existsSync(path)).toBe(false);
  expect(statSync(`${path}.part`).size).toBe(40_000);
  cutAfter = undefined;
  await download(`${url}/a`, path, { checksum, bytes: content.length });
  expect(ranges).toEqual([undefined, "bytes=40000-"]);
  expect(readFileSync(path).equals(content)).toBe(true);
});

test("a server without range support sends the whole file again", async () => {
  cutAfter = 10;
  await expect(download(`${url}/a`, path, { checksum })).rejects.toThrow(
    "was interrupted after 10",
  );
  cutAfter = undefined;
  honourRange = false;
  await download(`${url}/a`, path, { checksum });
  expect(readFileSync(path).equals(content)).toBe(true);
});

test("a partial file longer than the file is downloaded from the start", async () => {
  await expect(download(`${url}/missing`, path)).rejects.toThrow(`${url}/missing answered 404`);
  writeFileSync(`${path}.part`, Buffer.alloc(content.length + 5));
  await download(`${url}/a`, path, { checksum });
  expect(readFileSync(path).equals(content)).toBe(true);
});

test("a wrong checksum is reported, and no file remains", async () => {
  const digest = "0".repeat(64);
  await expect(
    download(`${url}/a`, path, { checksum: { algorithm: "sha256", digest } }),
  ).rejects.toThrow(`expected ${digest}; the download was deleted`);
  expect(existsSync(path) || existsSync(`${path}.part`)).toBe(false);
});

test("more bytes than announced are refused", async () => {
  await expect(download(`${url}/a`, path, { bytes: 500 })).rejects.toThrow(
    "sends more than the 500 bytes",
  );
  expect(existsSync(`${path}.part`)).toBe(false);
});

test("an unreachable host and a generated set have clear errors", async () => {
  await expect(download("http://127.0.0.1:1/x", path)).rejects.toThrow(
    /cannot be reached: .*check/,
  );
  await expect(downloadDataset("shapes")).rejects.toThrow(
    "shapes has no files to download: it is generated",
  );
});
