import { expect, test } from "vitest";
import { threefry2x32 } from "./threefry.ts";

// Random123 1.14, tests/kat_vectors, "threefry2x32 20": counter, key, expected.
test.each([
  [
    [0, 0],
    [0, 0],
    [0x6b200159, 0x99ba4efe],
  ],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x1cb996fc, 0xbb002be7],
  ],
  [
    [0x243f6a88, 0x85a308d3],
    [0x13198a2e, 0x03707344],
    [0xc4923a9c, 0x483df7a0],
  ],
] as const)("block %j under key %j", (counter, key, expected) => {
  const out = new Uint32Array(3);
  threefry2x32(key[0], key[1], counter[0], counter[1], out, 1);
  expect([...out]).toEqual([0, ...expected]);
});
