import { expect, test } from "vitest";
import { type EncodedSample, storeImages } from "../store.ts";
import { createDecodedCache } from "./decoded-cache.ts";

/** A picture of 2 x 2 pixels in a single grey. */
async function png(grey: number): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  const data = Buffer.alloc(12, grey);
  return sharp(data, { raw: { width: 2, height: 2, channels: 3 } })
    .png()
    .toBuffer();
}

test("pictures are decoded once for sets that are opened again", async () => {
  const files = [await png(10), await png(200)];
  let reads = 0;
  const open = async (sources: readonly number[], size: number, decoded = createDecodedCache()) => {
    async function* samples(): AsyncGenerator<EncodedSample> {
      for (const at of sources) {
        const read = (): Uint8Array => {
          reads += 1;
          return files[at]!;
        };
        yield { source: `picture ${at}`, label: 0, read };
      }
    }
    const encoded = {
      name: "set",
      split: "train",
      classNames: ["a"],
      length: sources.length,
    } as const;
    const set = await storeImages({ ...encoded, samples: samples() }, { size }, { decoded });
    return sources.map((_, i) => set.get(i).image[0]);
  };
  const decoded = createDecodedCache();
  expect(await open([0, 1], 4, decoded)).toEqual([10, 200]);
  expect(await open([1, 0], 4, decoded)).toEqual([200, 10]);
  expect(reads).toBe(2);
  await open([0], 2, decoded); // another size
  expect(reads).toBe(3);
  const small = createDecodedCache(4 * 4 * 3); // capacity for one
  await open([0, 1], 4, small);
  await open([0, 1], 4, small);
  expect(reads).toBe(6);
});
