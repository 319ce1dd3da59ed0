/** An export on a plain web server, below a path of its own. */
import { mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeLiveModel } from "../../src/runs/index.ts";
import { exportRuns, openRuns, readAppFiles, serveRuns } from "../../src/server/index.ts";
import { trainLiveRun } from "../unit/live-runs.fixture.ts";
import { temporaryFolder } from "../unit/moesaic.fixture.ts";
import { launchBrowser, serve } from "./browser.fixture.ts";
import { buildInspector, follow, inspect, settled, visit } from "./inspector.fixture.ts";

const folder = temporaryFolder();
const runs = join(folder.path, "runs");
const names = ["vit-moe", "limoe", "moe-decoder"] as const;
let browser: Browser;
let host: Awaited<ReturnType<typeof serve>>;
let page = "";

beforeAll(async () => {
  mkdirSync(runs, { recursive: true });
  for (const name of names) await trainLiveRun(runs, name);
  page = await buildInspector(join(folder.path, "page"));
  mkdirSync(join(folder.path, "www", "deep"), { recursive: true });
  const [registry, files] = [await openRuns([runs]), await readAppFiles(page)];
  await exportRuns({ registry, files, out: join(folder.path, "www", "deep", "site") });
  host = await serve(join(folder.path, "www"));
  browser = await launchBrowser();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await host?.close();
  folder.remove();
});

const site = (): string => `${host.url}/deep/site/index.html`;

test("every page shows the same as with the server", async () => {
  const server = await inspect(page, runs);
  const [exported, served] = [
    await visit(browser, site(), "#/"),
    await visit(browser, server.url, "#/"),
  ];
  const both = async (selector: string): Promise<void> => {
    const texts = (from: typeof exported) => from.page.locator(selector).allTextContents();
    expect(await texts(exported)).toEqual(await texts(served));
  };
  await both(".runs-table tbody a");
  for (const name of names) {
    const pages = ["overview", "experts"];
    if (name !== "moe-decoder") pages.push("mosaic", "attention");
    if (name !== "vit-moe") pages.push("tokens");
    for (const id of pages) {
      const hash = `#/run/${name}/${id}`;
      for (const each of [exported, served]) await follow(each.page, hash);
      await both("h1, h2, h3, .tokens button");
      expect(await exported.page.locator("main :is(svg, .tokens button)").count()).toBeGreaterThan(
        0,
      );
      expect(await exported.page.locator(".problem").count()).toBe(0);
    }
  }
  expect(exported.complaints).toEqual([]);
  await server.close();
});

test("the model's files equal the files of the page tests", async () => {
  for (const name of names) {
    const written = await writeLiveModel(join(runs, name), join(folder.path, "written", name));
    expect(written.length).toBeGreaterThanOrEqual(2);
    for (const path of written) {
      const below = join("deep", "site", "data", "runs", name, "model", basename(path));
      const exported = readFileSync(join(folder.path, "www", below));
      expect(exported.equals(readFileSync(path)), below).toBe(true);
    }
  }
});

test("the model runs in the page, with the same results as with a server", async () => {
  const server = await inspect(page, runs);
  const hash = "#/run/vit-moe/playground";
  const answers: string[][] = [];
  for (const url of [site(), server.url]) {
    const { page: opened, complaints } = await visit(browser, url, hash);
    await settled(opened);
    expect(await opened.locator(".problem").allTextContents()).toEqual([]);
    answers.push(await opened.locator(".answer .bars li").allTextContents());
    expect(complaints).toEqual([]);
    await opened.close();
  }
  expect(answers[0]).toHaveLength(8);
  expect(answers[0]).toEqual(answers[1]);
  await server.close();
});

test("a real browser keeps the token as a cookie, and the address drops it", async () => {
  const [registry, files] = [await openRuns([runs]), await readAppFiles(page)];
  const server = await serveRuns({
    registry,
    files,
    host: "127.0.0.1",
    port: 0,
    token: "a-secret",
  });
  const opened = await browser.newPage();
  const refused = await opened.goto(server.url.replace(/\?.*/, ""));
  expect(refused!.status()).toBe(401);
  await opened.goto(server.url);
  await opened.waitForURL((url) => url.search === "");
  await settled(opened);
  expect(await opened.locator(".runs-table tbody a").count()).toBe(names.length);
  expect(await opened.evaluate(() => document.cookie)).toBe("");
  await follow(opened, "#/run/vit-moe/overview");
  await opened.reload();
  await settled(opened);
  expect(await opened.locator("h1").textContent()).toBe("Overview");
  await server.close();
});
