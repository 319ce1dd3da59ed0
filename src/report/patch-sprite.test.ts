import { decode } from "fast-png";
import { expect, test } from "vitest";
import { patchSprite } from "./patch-sprite.ts";

const pixels = (image: string) => {
  const bytes = Uint8Array.from(atob(image.split(",")[1]!), (c) => c.charCodeAt(0));
  const { width, height, data } = decode(bytes);
  const at = (x: number, y: number) => [
    ...data.slice((y * width + x) * 4, (y * width + x) * 4 + 4),
  ];
  return { width, height, at };
};

test("patches of several sizes and channels become squares, row by row", () => {
  const grey = { width: 1, height: 1, channels: 1, data: Uint8Array.of(7) };
  const large = {
    width: 4,
    height: 4,
    channels: 3,
    // Columns 0, 10, 20, 30: halves have means 5 and 25.
    data: Uint8Array.from({ length: 48 }, (_, i) => 10 * (Math.floor(i / 3) % 4)),
  };
  const clear = { width: 1, height: 1, channels: 4, data: Uint8Array.of(1, 2, 3, 4) };
  const sprite = patchSprite([grey, large, clear], { side: 2, columns: 2 });
  expect(sprite).toMatchObject({ rows: 2, columns: 2 });
  const { width, height, at } = pixels(sprite.image);
  expect([width, height]).toEqual([4, 4]);
  expect(at(1, 1)).toEqual([7, 7, 7, 255]);
  expect([at(2, 0), at(3, 1)]).toEqual([
    [5, 5, 5, 255],
    [25, 25, 25, 255],
  ]);
  expect(at(0, 3)).toEqual([1, 2, 3, 4]);
  expect(at(3, 3)).toEqual([0, 0, 0, 0]); // transparent
});
