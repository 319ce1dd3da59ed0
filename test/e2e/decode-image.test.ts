/** Picture files decoded by a page, compared with decoding in Node. */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeImage } from "../../src/data/images/decode/decode.ts";
import { temporaryFolder } from "../unit/moesaic.fixture.ts";
import { launchBrowser, serve, watch } from "./browser.fixture.ts";
import { buildLivePage, inPage } from "./live-page.fixture.ts";

interface Decoded {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: readonly number[];
}

const folder = temporaryFolder();
let browser: Browser;
let server: Awaited<ReturnType<typeof serve>>;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  const site = join(folder.path, "site");
  await buildLivePage(site);
  server = await serve(site);
  browser = await launchBrowser();
  page = await browser.newPage();
  complaints = watch(page);
  await page.goto(`${server.url}/index.html`);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  folder.remove();
});

const [width, height] = [37, 23];

/** Smooth colours with an edge; the last of four channels is opacity, partly 0. */
function picture(channels: 1 | 3 | 4): Sharp {
  const data = new Uint8Array(width * height * channels);
  for (let at = 0; at < data.length; at++) {
    const [pixel, c] = [Math.floor(at / channels), at % channels];
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    data[at] = c === 3 ? (x * 9) % 256 : (x * (3 + c) + y * (7 - c) + (x > 20 ? 60 : 0)) % 256;
  }
  return sharp(data, { raw: { width, height, channels } });
}

test.each<[string, string, () => Promise<Buffer>, number]>([
  ["PNG", "image/png", () => picture(3).png().toBuffer(), 0],
  ["grey PNG", "image/png", () => picture(1).toColourspace("b-w").png().toBuffer(), 0],
  ["PNG of a palette", "image/png", () => picture(3).png({ palette: true }).toBuffer(), 0],
  ["PNG with transparency", "image/png", () => picture(4).png().toBuffer(), 0],
  [
    "WebP with transparency",
    "image/webp",
    () => picture(4).webp({ lossless: true, exact: true }).toBuffer(),
    0,
  ],
  ["GIF", "image/gif", () => picture(3).gif().toBuffer(), 0],
  // Decoders round colour differences at different points.
  ["JPEG", "image/jpeg", () => picture(3).jpeg({ quality: 95 }).toBuffer(), 3],
  [
    "rotated JPEG",
    "image/jpeg",
    () => picture(3).jpeg({ quality: 95 }).withMetadata({ orientation: 6 }).toBuffer(),
    3,
  ],
  [
    "mirrored JPEG",
    "image/jpeg",
    () => picture(3).jpeg({ quality: 95 }).withMetadata({ orientation: 2 }).toBuffer(),
    3,
  ],
])("%s", async (_, type, encode, most) => {
  const bytes = await encode();
  const expected = await decodeImage(bytes);
  const found = await inPage<Decoded>(page, "decode", [...bytes], type, "a.bin");
  expect([found.width, found.height, found.channels]).toEqual([
    expected.width,
    expected.height,
    expected.channels,
  ]);
  const errors = found.data.map((value, at) => Math.abs(value - expected.data[at]!));
  expect(Math.max(...errors)).toBeLessThanOrEqual(most);
  expect(complaints).toEqual([]);
});

test("a large picture is shrunk, transparent or not", async () => {
  for (const channels of [3, 4] as const) {
    const bytes = await picture(channels).png().toBuffer();
    const found = await inPage<Decoded>(page, "decode", [...bytes], "image/png", "a", {
      mostSide: 10,
    });
    expect([found.width, found.height, found.data.length]).toEqual([10, 6, 180]);
    expect(new Set(found.data).size).toBeGreaterThan(20);
  }
});

test("invalid pictures are refused with a clear error", async () => {
  const text = [...new TextEncoder().encode("no picture")];
  const cut = [...(await picture(3).png().toBuffer())].slice(0, 40);
  for (const bytes of [text, cut, []]) {
    expect(await inPage(page, "decode", bytes, "image/png", "x.png")).toBe(
      "UserError: x.png cannot be decoded: it is damaged or not an image format that the browser supports",
    );
  }
});
