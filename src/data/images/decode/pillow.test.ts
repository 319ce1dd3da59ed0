import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fitBytes } from "../../transforms/index.ts";
import { decodeImage } from "./decode.ts";

interface Fixture {
  readonly width: number;
  readonly height: number;
  readonly pictures: Readonly<Record<string, { readonly file: string; readonly rgb: string }>>;
  readonly resized: readonly (Readonly<
    Record<"file" | "name" | "squash" | "cover" | "contain", string>
  > & {
    readonly size: number;
  })[];
}

const fixture: Fixture = JSON.parse(
  readFileSync(new URL("../../fixtures/pictures.json", import.meta.url), "utf8"),
);
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "base64"));

test.each(Object.entries(fixture.pictures))("%s has the colours of Pillow", async (_, picture) => {
  const { data, ...shape } = await decodeImage(bytesOf(picture.file));
  expect(shape).toEqual({ width: fixture.width, height: fixture.height, channels: 3 });
  expect([...data]).toEqual([...bytesOf(picture.rgb)]);
});

test.each(fixture.resized)("a $name picture as a square of $size pixels", async (one) => {
  const image = await decodeImage(bytesOf(one.file));
  for (const mode of ["squash", "cover", "contain"] as const) {
    const { data, height, width } = fitBytes(image, one.size, mode);
    expect([height, width]).toEqual([one.size, one.size]);
    const expected = bytesOf(one[mode]);
    // Pillow computes in fixed point and rounds after each direction.
    const differences = data.map((value, at) => Math.abs(value - expected[at]!));
    expect(Math.max(...differences), mode).toBeLessThanOrEqual(1);
  }
});

test("values of 12 bits in 16, and floats beyond 255, are doubted", async () => {
  const cases = new URL("../../fixtures/", import.meta.url);
  const grey12 = await decodeImage(readFileSync(new URL("grey12in16.tif", cases)));
  expect(grey12.doubt).toBe(
    "its values of 16 bits use only 12, and the high 8 of 16 are read, so that it is almost black; multiply the values by 16",
  );
  const floats = await decodeImage(readFileSync(new URL("float32.tif", cases)));
  expect(floats).not.toHaveProperty("doubt");
  expect([...floats.data.subarray(0, 12)]).toEqual([0, 0, 0, 7, 7, 7, 13, 13, 13, 20, 20, 20]);
});

const pictures = fixture.pictures;
test.each([
  ["24 bits.bmp", 60, "its end is cut off"],
  ["24 bits.bmp", 20, "its header is cut off"],
  ["4 bits.bmp", 90, "its palette is cut off"],
  ["colour.ppm", 20, "its end is cut off"],
  ["colour, plain.ppm", 60, "its end is cut off"],
  ["grey.pgm", 8, "its end is cut off"],
])("%s with %i bytes is broken", async (name, length, reason) => {
  const bytes = bytesOf(pictures[name]!.file).subarray(0, length);
  await expect(decodeImage(bytes)).rejects.toThrow(reason);
});

test("a BMP that is compressed is named, one of too many pixels is refused", async () => {
  const packed = bytesOf(pictures["8 bits.bmp"]!.file);
  packed[30] = 1;
  await expect(decodeImage(packed)).rejects.toThrow("compressed with RLE8, which is not read");
  const limit = { maxPixels: 20 };
  for (const name of ["24 bits.bmp", "colour.ppm"]) {
    await expect(decodeImage(bytesOf(pictures[name]!.file), limit)).rejects.toThrow(
      "it has more than 20 pixels",
    );
  }
});
