import { expect, test } from "vitest";
import { formatBytes } from "./format-bytes.ts";

test("three digits with the unit", () => {
  const sizes = [0, 1, 999, 1000, 12_345_678, 999_600, 4e9, 1.5e12, 2e21];
  expect(sizes.map(formatBytes)).toEqual([
    "0 bytes",
    "1 byte",
    "999 bytes",
    "1.00 kB",
    "12.3 MB",
    "1.00 MB",
    "4.00 GB",
    "1.50 TB",
    "2000 EB",
  ]);
});
