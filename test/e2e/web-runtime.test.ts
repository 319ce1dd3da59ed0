/** The web runtime in a real browser, compared with the native one. */
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nativeRuntime } from "../../src/runtime/native/native.ts";
import { temporaryFolder } from "../unit/moesaic.fixture.ts";
import { launchBrowser, serve, watch } from "./browser.fixture.ts";
import { compute, type Values } from "./computation.fixture.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const fixture = join(root, "src/models/fixtures/diff-moe-linear.safetensors");
const folder = temporaryFolder();
let browser: Browser;
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  await build({
    root,
    base: "./",
    configFile: false,
    logLevel: "silent",
    build: {
      outDir: folder.path,
      emptyOutDir: true,
      target: "es2023",
      reportCompressedSize: false,
      rolldownOptions: {
        input: { page: "test/e2e/page.ts" },
        output: { entryFileNames: "[name].js" },
      },
    },
  });
  writeFileSync(
    join(folder.path, "index.html"),
    '<!doctype html><link rel="icon" href="data:,"><script type="module" src="./page.js"></script>',
  );
  copyFileSync(fixture, join(folder.path, "fixture.safetensors"));
  server = await serve(folder.path);
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  folder.remove();
});

test("a page computes the same results as Node: logits, losses and every gradient", async () => {
  const page = await browser.newPage();
  const complaints = watch(page);
  await page.goto(`${server.url}/index.html`);
  const web = (await page.evaluate("runAll()")) as Values;
  const { sum, gradient, ...shared } = web;
  expect(sum).toEqual([4, 6]);
  expect(gradient).toEqual([2, 4]);

  const native = await compute(nativeRuntime(), readFileSync(fixture));
  expect(Object.keys(shared).sort()).toEqual(Object.keys(native).sort());
  expect(Object.keys(native).length).toBeGreaterThan(60);
  expect(native["live handles"]).toEqual([]);
  expect(web["live handles"]).toEqual([]);
  for (const [name, expected] of Object.entries(native)) {
    const scale = Math.max(...expected.map(Math.abs), 1e-6);
    const found = shared[name]!;
    expect(found.length, name).toBe(expected.length);
    const error = Math.max(0, ...found.map((value, i) => Math.abs(value - expected[i]!)));
    expect(error / scale, name).toBeLessThan(1e-4);
  }
  expect(complaints).toEqual([]);
  await page.close();
});

test("the page's one WebAssembly file is the small one", () => {
  const files = readdirSync(join(folder.path, "assets")).filter((name) => name.endsWith(".wasm"));
  expect(files).toHaveLength(1);
  expect(statSync(join(folder.path, "assets", files[0]!)).size).toBeLessThan(15e6);
});
