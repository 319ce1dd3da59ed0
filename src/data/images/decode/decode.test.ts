import sharp from "sharp";
import { afterEach, expect, test, vi } from "vitest";
import { claimSize, plainPng } from "../pictures.fixture.ts";
import { BrokenImageError, decodeImage } from "./decode.ts";

afterEach(() => {
  vi.doUnmock("sharp");
  vi.resetModules();
});

test("a PNG is decoded by row, column and channel; transparency is dropped", async () => {
  const color = { data: new Uint8Array([200, 100, 50, 200, 100, 50]), height: 1, width: 2 };
  expect(await decodeImage(plainPng(2, 1, [200, 100, 50]))).toEqual({ ...color, channels: 3 });
  expect(await decodeImage(plainPng(2, 1, [200, 100, 50, 0]))).toEqual({ ...color, channels: 3 });
});

test("grey is .299 R + .587 G + .114 B, and grey files become three equal channels", async () => {
  // (299 * 200 + 587 * 100 + 114 * 50) / 1000 = 124.2
  const grey = await decodeImage(plainPng(1, 1, [200, 100, 50]), { channels: 1 });
  expect(grey).toEqual({ data: new Uint8Array([124]), height: 1, width: 1, channels: 1 });
  const { data } = await decodeImage(plainPng(1, 1, [77]));
  expect([...data]).toEqual([77, 77, 77]);
});

test("JPEG, WebP and GIF are decoded, and the recorded orientation is applied", async () => {
  const raw = { raw: { width: 8, height: 4, channels: 3 } } as const;
  const picture = () => sharp(Buffer.alloc(96, 120), raw);
  for (const bytes of [
    await picture().jpeg().toBuffer(),
    await picture().webp().toBuffer(),
    await picture().gif().toBuffer(),
  ]) {
    const { data, height, width } = await decodeImage(bytes);
    expect([height, width, data.length]).toEqual([4, 8, 96]);
    for (const byte of data) expect(Math.abs(byte - 120)).toBeLessThanOrEqual(2);
  }
  const turned = await picture().withMetadata({ orientation: 6 }).jpeg().toBuffer();
  expect(await decodeImage(turned)).toMatchObject({ height: 8, width: 4 });
});

const jpeg = await sharp(Buffer.from(plainPng(32, 32, [9, 99, 199])))
  .jpeg()
  .toBuffer();

test.each([
  ["nothing", new Uint8Array(0), "it is empty"],
  [
    "text",
    Buffer.from("no picture"),
    "it is not a JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP, PPM or PGM picture",
  ],
  ["SVG", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), "it is not a JPEG"],
  ["half a JPEG", jpeg.subarray(0, jpeg.length / 2), /premature end|unexpected end|corrupt/i],
  ["half a PNG", plainPng(64, 64, [1, 2, 3]).subarray(0, 60), /./],
  ["a huge header", claimSize(plainPng(1, 1, [1, 2, 3]), 50_000, 50_000), "more than 64000000"],
])("%s is refused with a reason", async (_, bytes, reason) => {
  const error = await decodeImage(bytes).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(BrokenImageError);
  expect((error as Error).message).toMatch(reason);
});

test("the pixel limit is configurable", async () => {
  const png = plainPng(10, 10, [1, 2, 3]);
  await expect(decodeImage(png, { maxPixels: 99 })).rejects.toThrow("it has more than 99 pixels");
  expect((await decodeImage(png, { maxPixels: 100 })).width).toBe(10);
});

test("without sharp, the error explains how to install it", async () => {
  vi.resetModules();
  vi.doMock("sharp", () => {
    throw new Error("Cannot find package");
  });
  const fresh = await import("./decode.ts");
  await expect(fresh.decodeImage(plainPng(1, 1, [1, 2, 3]))).rejects.toThrow(
    'decoding pictures needs the optional package sharp, which cannot be loaded; run "npm install sharp"',
  );
});
