/** The report of a real run in a browser. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { moesaic, temporaryFolder, tinyRecipe } from "../unit/moesaic.fixture.ts";
import { launchBrowser, watch } from "./browser.fixture.ts";

const folder = temporaryFolder();
const run = join(folder.path, "run");
const report = pathToFileURL(join(run, "report.html")).href;
let browser: Browser;

beforeAll(async () => {
  const recipe = join(folder.path, "tiny.yaml");
  writeFileSync(recipe, tinyRecipe.replace("num_layers: 1", "num_layers: 2"));
  expect((await moesaic("train", recipe, "--run", run)).code).toBe(0);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  folder.remove();
});

test.each([
  [1280, "light"],
  [390, "dark"],
] as const)(
  "%i pixels wide, %s: everything is shown and nothing overflows",
  async (width, colorScheme) => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const complaints = watch(page);
    await page.goto(report);
    expect(await page.title()).toContain("run");
    for (const id of [
      "mosaic",
      "attention",
      "training",
      "experts",
      "decisions",
      "confusion",
      "predictions",
      "configuration",
    ]) {
      expect(await page.locator(`#${id}`).count(), id).toBe(1);
    }
    const samples = await page.locator("#mosaic .sample").count();
    expect(samples).toBeGreaterThan(1);
    expect(await page.locator("#mosaic .tile[data-layer] svg.mosaic").count()).toBe(2 * samples);
    // Each of 16 patches is in exactly one tinted path of its layer, so the areas cover the image.
    const first = page.locator(".tile[data-layer] svg.mosaic").first();
    const box = await first.boundingBox();
    expect(box!.width).toBeGreaterThan(40);
    expect(await first.locator(".tint path[data-expert]").count()).toBeGreaterThan(0);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

test("selecting an expert, a layer and a tint changes the mosaic", async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const complaints = watch(page);
  await page.goto(report);
  const expert = page.locator("button[data-focus]").first();
  await expert.click();
  expect(await expert.getAttribute("aria-pressed")).toBe("true");
  await page.locator("#mosaic [data-control=tint]").fill("100");
  expect(await page.locator("#mosaic [data-control=tint] + output").textContent()).toBe("100 %");
  const opacity = await page
    .locator("svg.mosaic .tint")
    .first()
    .evaluate((group) => getComputedStyle(group).opacity);
  expect(Number(opacity)).toBeCloseTo(1, 5);
  await page.locator("#mosaic [data-control=layer]").fill("2");
  expect(await page.locator("#mosaic [data-control=layer] + output").textContent()).toBe(
    "blocks.1.moe",
  );
  expect(await page.locator('#mosaic .tile[data-layer="blocks.0.moe"]').first().isVisible()).toBe(
    false,
  );
  expect(complaints).toEqual([]);
  await page.close();
});
