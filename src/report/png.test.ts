import { decode } from "fast-png";
import { expect, test } from "vitest";
import { greyscale, pngDataUri } from "./png.ts";

const bytes = (uri: string): Uint8Array =>
  new Uint8Array(Buffer.from(uri.replace("data:image/png;base64,", ""), "base64"));

test.each([1, 2, 3, 4])("an image of %i channels survives the round trip", (channels) => {
  const data = Uint8Array.from({ length: 5 * 3 * channels }, (_, i) => (i * 37) % 256);
  const decoded = decode(bytes(pngDataUri({ width: 5, height: 3, channels, data })));
  expect([decoded.width, decoded.height, decoded.channels]).toEqual([5, 3, channels]);
  expect([...decoded.data]).toEqual([...data]);
});

test("large images are shrunk by an integer factor", () => {
  const image = { width: 400, height: 200, channels: 1, data: new Uint8Array(80_000).fill(9) };
  const decoded = decode(bytes(pngDataUri(image)));
  expect([decoded.width, decoded.height, decoded.data[0]]).toEqual([134, 67, 9]);
});

test("grey keeps alpha and single channels", () => {
  const rgba = { width: 1, height: 1, channels: 4, data: Uint8Array.of(255, 0, 0, 7) };
  expect([...greyscale(rgba).data]).toEqual([76, 7]);
  const grey = { width: 1, height: 1, channels: 1, data: Uint8Array.of(5) };
  expect(greyscale(grey)).toBe(grey);
});

test("sizes that do not match the bytes are rejected", () => {
  const data = new Uint8Array(3);
  expect(() => pngDataUri({ width: 2, height: 2, channels: 1, data })).toThrow(
    "image of 2x2x1 needs 4 bytes, got 3",
  );
  expect(() => pngDataUri({ width: 0, height: 2, channels: 1, data })).toThrow("0x2");
  expect(() => pngDataUri({ width: 1, height: 1, channels: 5, data })).toThrow("1 to 4 channels");
});
