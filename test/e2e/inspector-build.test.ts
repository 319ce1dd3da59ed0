/** Properties of the built page: small, split, and without inline scripts. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "../unit/moesaic.fixture.ts";
import { buildInspector } from "./inspector.fixture.ts";

const folder = temporaryFolder();
const page = join(folder.path, "page");
const read = (path: string): string => readFileSync(join(page, path), "utf8");

beforeAll(() => buildInspector(page), 120_000);
afterAll(folder.remove);

/** The script of the page and all of its static imports. */
function entryFiles(): string[] {
  const entry = /<script type="module"[^>]* src="\.\/(assets\/[^"]+\.js)"/.exec(
    read("index.html"),
  )![1]!;
  const found = new Set([entry]);
  for (const path of found) {
    for (const [, name] of read(path).matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) {
      found.add(`assets/${name}`);
    }
  }
  return [...found];
}

test("the entry is below 250 kB, and all pages together exclude the runtime", () => {
  const size = (paths: readonly string[]): number =>
    paths.reduce((sum, path) => sum + gzipSync(read(path)).length, 0);
  const scripts = readdirSync(join(page, "assets")).filter((name) => name.endsWith(".js"));
  const own = scripts.filter((name) => !/^(worker|ort)/.test(name)).map((name) => `assets/${name}`);
  console.log(`entry ${(size(entryFiles()) / 1e3).toFixed(1)} kB, all pages ${(size(own) / 1e3).toFixed(1)} kB, gzip`); // biome-ignore format: one sentence
  expect(size(entryFiles())).toBeLessThan(60_000);
  expect(size(own)).toBeLessThan(250_000);
});

test("worker and runtime are separate files, which the entry does not import", () => {
  const names = readdirSync(join(page, "assets"));
  expect(names.filter((name) => /^worker-.*\.js$/.test(name))).toHaveLength(1);
  const [runtime] = names.filter((name) => name.endsWith(".wasm"));
  expect(statSync(join(page, "assets", runtime!)).size).toBeGreaterThan(5e6);
  for (const path of entryFiles()) expect(read(path), path).not.toContain(".wasm");
});

test("addresses are relative, and the page has no inline script or style", () => {
  const html = read("index.html");
  const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address!);
  expect(addresses.length).toBeGreaterThan(2);
  expect(addresses.filter((address) => !address.startsWith("./"))).toEqual([]);
  expect(html).not.toMatch(/<style|style=|<script(?![^>]* src=)| on\w+=/);
});

test("licences of the bundled packages are in the page's folder, the worker's included", () => {
  const notices = read("THIRD-PARTY-LICENSES.md");
  for (const name of ["preact", "@observablehq/plot", "d3-scale", "onnxruntime-web", "zod"]) {
    expect(notices).toMatch(
      new RegExp(`^## ${name} \\d+\\.\\d+\\.\\d+ \\((MIT|ISC|Apache-2.0)\\)$`, "m"),
    );
  }
  expect(notices).toContain("Copyright (c) Microsoft Corporation");
});
