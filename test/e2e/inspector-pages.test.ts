/** Every page of the inspector on a run of every system, from a user's view. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { plainPng } from "../../src/data/images/pictures.fixture.ts";
import type { RunningServer } from "../../src/server/index.ts";
import { type LiveRun, trainLiveRun } from "../unit/live-runs.fixture.ts";
import { temporaryFolder } from "../unit/moesaic.fixture.ts";
import { launchBrowser } from "./browser.fixture.ts";
import {
  buildInspector,
  domainsRecipe,
  follow,
  inspect,
  mixtureRecipe,
  narrow,
  overflow,
  picture,
  settled,
  trainTiny,
  visit,
  wide,
} from "./inspector.fixture.ts";

const folder = temporaryFolder();
const runs = join(folder.path, "runs");
/** Models take a moment on a busy machine. */
const patient = { timeout: 20_000 };
let browser: Browser;
let server: RunningServer;

/** The tabs of each run after `Overview`. */
const offered = {
  "diff-moe": ["Mosaic", "Experts", "Attention", "Confusion", "Playground"],
  "diff-moe-captions": ["Mosaic", "Tokens", "Experts", "Attention", "Playground"],
  "vit-moe": ["Mosaic", "Experts", "Attention", "Confusion", "Playground"],
  "gmoe-domains": ["Mosaic", "Experts", "Attention", "Confusion", "Playground"],
  limoe: ["Mosaic", "Tokens", "Experts", "Attention", "Confusion", "Playground"],
  seemoe: ["Mosaic", "Tokens", "Experts", "Attention", "Playground"],
  "moe-decoder": ["Tokens", "Experts", "Playground"],
  "text-classifier": ["Tokens", "Experts", "Confusion", "Playground"],
  "sparsely-gated": ["Mosaic", "Experts", "Confusion", "Playground"],
  mixture: ["Experts", "Confusion"],
} as const;
type Run = keyof typeof offered;
const names = Object.keys(offered) as Run[];

beforeAll(async () => {
  mkdirSync(runs, { recursive: true });
  await trainTiny(folder.path, "gmoe-domains", domainsRecipe);
  await trainTiny(folder.path, "mixture", mixtureRecipe);
  for (const name of names) {
    if (name !== "gmoe-domains" && name !== "mixture") await trainLiveRun(runs, name as LiveRun);
  }
  server = await inspect(await buildInspector(join(folder.path, "page")), runs);
  browser = await launchBrowser();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  folder.remove();
});

describe.each([wide, narrow])("$width pixels, $scheme", (look) => {
  test("all runs are listed", async () => {
    const { page, complaints } = await visit(browser, server.url, "#/", look);
    expect((await page.locator(".runs-table tbody a").allTextContents()).sort()).toEqual(
      [...names].sort(),
    );
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await picture(page, `runs-${look.width}`);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test.each(names)("%s: every page shows content, and nothing overflows", async (name) => {
    const hash = `#/run/${name}/overview`;
    const { page, complaints } = await visit(browser, server.url, hash, look);
    expect(await page.locator(".card.curve svg").count()).toBeGreaterThan(1);
    for (const title of ["Overview", ...offered[name]]) {
      const id = title.toLowerCase();
      if (id === "playground") continue; // The tests of models open it.
      await follow(page, `#/run/${name}/${id}`);
      expect(await page.locator("h1").textContent()).toBe(title);
      expect(await page.locator(".empty, .problem").count(), `${name} ${id}`).toBe(0);
      expect(await page.locator("main :is(svg, .tokens button)").count()).toBeGreaterThan(0);
      expect(await overflow(page), `${name} ${id}`).toBeLessThanOrEqual(0);
      await picture(page, `${name}-${id}-${look.width}`);
    }
    const tabs = await page.locator("nav.tabs a").allTextContents();
    expect(tabs).toEqual(["Overview", ...offered[name]]);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe("playground", () => {
  const open = async (name: Run, query = "") => {
    const visited = await visit(browser, server.url, `#/run/${name}/playground${query}`);
    expect(await visited.page.locator(".problem").allTextContents()).toEqual([]);
    return visited;
  };

  test.each(["vit-moe", "diff-moe", "gmoe-domains"] as const)(
    "%s classifies images of the run and of the user",
    async (name) => {
      const { page, complaints } = await open(name);
      const bars = page.locator(".answer .bars li");
      expect(await bars.count()).toBe(8);
      const first = await bars.allTextContents();
      const red = Buffer.from(plainPng(40, 30, [230, 20, 20]));
      const file = { name: "red.png", mimeType: "image/png", buffer: red };
      await page.locator("input[type=file]").setInputFiles(file);
      await page.getByRole("button", { name: "1: red.png" }).waitFor();
      await page.locator(".facts h3", { hasText: "red.png" }).waitFor();
      await settled(page);
      expect(await bars.allTextContents()).not.toEqual(first);
      expect(await page.locator(".large .tint path").count()).toBeGreaterThan(0);
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      await picture(page, `${name}-playground-1440`);
      expect(complaints).toEqual([]);
      await page.close();
    },
  );

  test("a file that is not a picture is refused with a clear error", async () => {
    const { page, complaints } = await open("vit-moe");
    const dataTransfer = await page.evaluateHandle(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(["no picture"], "notes.png", { type: "image/png" }));
      return transfer;
    });
    await page.locator(".drop").dispatchEvent("drop", { dataTransfer });
    const told = page.locator("[role=alert]");
    await told.waitFor();
    expect(await told.textContent()).toContain("notes.png cannot be decoded: ");
    await page.getByRole("button", { name: /^2: / }).first().click();
    expect(await told.count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("sparsely-gated classifies whole images", async () => {
    const { page, complaints } = await open("sparsely-gated");
    expect(await page.locator(".answer .bars li").count()).toBe(8);
    await picture(page, "sparsely-gated-playground-1440");
    expect(complaints).toEqual([]);
    await page.close();
  });

  test.each(["limoe", "diff-moe-captions"] as const)(
    "%s classifies images by the user's words, and finds them",
    async (name) => {
      const { page, complaints } = await open(name, "?task=zero-shot");
      await page.getByLabel("Labels").fill("a red circle\na blue star\n\na red circle");
      await page.getByLabel("Templates").fill("{}\na large {}");
      await expect.poll(() => page.locator(".answer .bars li span").count(), patient).toBe(2);
      const shares = await page.locator(".answer .bars b").allTextContents();
      const total = shares.reduce((sum, share) => sum + Number.parseFloat(share), 0);
      expect(total).toBeCloseTo(100, 0);
      const shown = page.locator(".answer .bars li span");
      await page.getByLabel("Labels").fill("a red circle\na zzzebra");
      await page.locator(".note", { hasText: "“a zzzebra”: " }).waitFor();
      await page.getByLabel("Labels").fill("");
      await page.locator(".empty", { hasText: "Add a label." }).waitFor();
      await page.getByLabel("Labels").fill("a red circle\na blue star");
      await page.getByLabel("Templates").fill("no place");
      const problem = page.locator(".problem", { hasText: 'the template "no place" has no {}' });
      await problem.waitFor();
      await page.getByLabel("Templates").fill("{}");
      await expect.poll(() => shown.count(), patient).toBe(2);
      expect(await problem.count()).toBe(0);
      await picture(page, `${name}-zero-shot-1440`);
      await page.getByRole("button", { name: "find images" }).click();
      await page.getByLabel("Query").fill("a zzzebra");
      await page.locator(".note", { hasText: "vocabulary" }).waitFor();
      await page.getByLabel("Query").fill("a yellow heart");
      await page.locator(".note", { hasText: "vocabulary" }).waitFor({ state: "detached" });
      await expect.poll(() => page.locator(".finds li").count(), patient).toBeGreaterThan(5);
      const scores = (await page.locator(".finds b").allTextContents()).map(Number);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
      await expect
        .poll(() => page.locator(".tokens.strip button").count(), patient)
        .toBeGreaterThan(2);
      await picture(page, `${name}-find-1440`);
      expect(complaints).toEqual([]);
      await page.close();
    },
  );

  test("seemoe describes an image word by word", async () => {
    const { page, complaints } = await open("seemoe");
    await page.getByRole("button", { name: "Generate again" }).waitFor();
    expect((await page.locator(".generated").textContent())!.length).toBeGreaterThan(0);
    await page.getByRole("button", { name: "words of the caption" }).click();
    expect(await page.locator(".tokens.strip button").count()).toBeGreaterThan(1);
    await page.getByRole("button", { name: "patches of the image" }).click();
    expect(await page.locator(".large .tint path").count()).toBeGreaterThan(0);
    await picture(page, "seemoe-playground-1440");
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("moe-decoder continues a text and stops on request", async () => {
    const { page, complaints } = await open("moe-decoder");
    await page.getByLabel("Text to continue").fill("to be or");
    await page.getByLabel("Tokens").fill("400");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByLabel("Tokens").fill("10");
    await page.getByRole("button", { name: "Again" }).click();
    await expect
      .poll(() => page.locator(".tokens.strip button").count(), patient)
      .toBeGreaterThan(9);
    expect(await page.locator(".generated").textContent()).toMatch(/^to be or.+/s);
    await picture(page, "moe-decoder-playground-1440");
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("text-classifier classifies typed text", async () => {
    const { page, complaints } = await open("text-classifier");
    await page.getByRole("textbox", { name: "Text" }).fill("a good film and a zzz ending");
    await expect.poll(() => page.locator(".tokens.strip button").count(), patient).toBe(7);
    expect(await page.locator(".answer .bars li").count()).toBe(2);
    await picture(page, "text-classifier-playground-1440");
    expect(complaints).toEqual([]);
    await page.close();
  });
});
