/**
 * Takes the pictures of the README from the inspector: the mosaic of a photo in the
 * playground, and the playground of the quick start. Needs Chromium, and a run of each:
 *
 *   npm start
 *   npx moesaic train scripts/photos.yaml data.root=../shared/data --run runs/photos
 *   npm run docs:pictures
 */
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import sharp from "sharp";
import { appFolder, openRuns, readAppFiles, serveRuns } from "../src/server/index.ts";

const { values } = parseArgs({
  options: {
    /** A run trained on photos. */
    photos: { type: "string", default: "runs/photos" },
    photo: { type: "string", default: "examples/cat.jpg" },
    quickstart: { type: "string", default: "runs/quickstart" },
    out: { type: "string", default: "docs/pictures" },
  },
});
const maxBytes = 400_000;
const executablePath = process.env.MOESAIC_CHROMIUM ?? "/usr/bin/chromium";

/** Opens a page of the inspector in a window of `width` pixels and waits for its content. */
async function open(browser: Browser, url: string, width: number): Promise<Page> {
  const viewport = { width, height: 1200 };
  const look = { deviceScaleFactor: 2, colorScheme: "light", reducedMotion: "reduce" } as const;
  const page = await browser.newPage({ viewport, ...look });
  await page.goto(url);
  await settled(page);
  return page;
}

/** Waits until the page has finished loading and computing. */
async function settled(page: Page): Promise<void> {
  await page.locator("h1").waitFor();
  await page.waitForFunction(
    () => document.querySelector(".waiting, [aria-busy=true]") === null,
    undefined,
    { timeout: 120_000 },
  );
}

/** Writes the area that the elements cover, with few enough colours to fit the size limit. */
async function shoot(page: Page, elements: readonly Locator[], name: string): Promise<void> {
  const boxes = await Promise.all(elements.map(async (one) => (await one.boundingBox())!));
  const margin = 12;
  const x = Math.min(...boxes.map((box) => box.x)) - margin;
  const y = Math.min(...boxes.map((box) => box.y)) - margin;
  const right = Math.max(...boxes.map((box) => box.x + box.width)) + margin;
  const bottom = Math.max(...boxes.map((box) => box.y + box.height)) + margin;
  const clip = { x, y, width: right - x, height: bottom - y };
  const picture = await page.screenshot({ clip, fullPage: true });
  for (const colours of [256, 192, 128, 96, 64, 48, 32]) {
    const png = await sharp(picture).png({ palette: true, colours, effort: 10 }).toBuffer();
    if (png.length >= maxBytes) continue;
    const path = join(values.out, `${name}.png`);
    writeFileSync(path, png);
    console.log(`${path}: ${png.length} bytes, ${colours} colours`);
    return;
  }
  throw new Error(`${name} stays above ${maxBytes} bytes; crop it`);
}

/** The mosaic of a photo in the playground, with its classes and experts. */
async function photographMosaic(browser: Browser, url: string, run: string): Promise<void> {
  const page = await open(browser, `${url}#/run/${run}/playground?tint=55`, 1080);
  await page.locator("input[type=file]").setInputFiles(values.photo);
  await page.locator(".facts h3", { hasText: basename(values.photo) }).waitFor();
  await settled(page);
  const cards = await page.locator(".aside .card").all();
  await shoot(page, [page.locator(".stage"), ...cards.slice(0, 3)], "mosaic");
  await page.close();
}

/** A generated scene, classified by user-supplied labels. */
async function photographPlayground(browser: Browser, url: string, run: string): Promise<void> {
  const page = await open(browser, `${url}#/run/${run}/playground?image=8`, 1100);
  const [labels] = await page.locator(".prompt textarea").all();
  await labels!.fill(["a red star", "a blue star", "a blue circle", "a purple heart"].join("\n"));
  await labels!.blur();
  await page.waitForTimeout(1000); // the labels are read when typing pauses
  await settled(page);
  const parts = [".tasks", ".drop", ".thumbnails", ".task"].map((one) => page.locator(one));
  await shoot(page, parts, "playground");
  await page.close();
}

const registry = await openRuns([values.photos, values.quickstart]);
const files = await readAppFiles(await appFolder(console.error));
const server = await serveRuns({ registry, files, host: "127.0.0.1", port: 0 });
const browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox"] });
try {
  await photographMosaic(browser, server.url, basename(values.photos));
  await photographPlayground(browser, server.url, basename(values.quickstart));
} finally {
  await browser.close();
  await server.close();
}
