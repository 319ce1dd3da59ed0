/** The report of an image-text model in a browser. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "../unit/moesaic.fixture.ts";
import { trainPairs } from "../unit/pairs.fixture.ts";
import { launchBrowser, watch } from "./browser.fixture.ts";

const folder = temporaryFolder();
let report: string;
let browser: Browser;

beforeAll(async () => {
  report = pathToFileURL(join(await trainPairs(folder.path), "report.html")).href;
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
  "%i pixels wide, %s: modalities, galleries and retrieval are shown, and nothing overflows",
  async (width, colorScheme) => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const complaints = watch(page);
    await page.goto(report);
    for (const section of ["mosaic", "tokens", "retrieval", "modalities", "gallery"]) {
      const heading = page.locator(`#${section} h2`).first();
      expect(await heading.textContent(), section).not.toBe("");
    }
    // A bar for each of three experts in both layers, split into two modalities.
    const rectangles = await page.locator("#modalities svg rect").count();
    expect(rectangles).toBeGreaterThanOrEqual(6);
    const pictures = page.locator("#retrieval img, #gallery img");
    const widths = await pictures.evaluateAll((images) =>
      images.map((image) => (image as HTMLImageElement).naturalWidth),
    );
    expect(widths.length).toBeGreaterThan(10);
    expect(Math.min(...widths)).toBeGreaterThan(0);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
    await page.close();
  },
);
