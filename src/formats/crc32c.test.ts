import { expect, test } from "vitest";
import { crc32c, maskedCrc32c } from "./crc32c.ts";

/** Vectors of RFC 3720, appendix B.4, and the usual check value. */
test("known CRC-32C vectors", () => {
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => i);
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(bytes)).toBe(0x46dd794e);
  expect(crc32c(bytes.toReversed())).toBe(0x113fdb5c);
  expect(crc32c(new Uint8Array(0))).toBe(0);
});

test("masking rotates right by 15 and adds 0xa282ead8", () => {
  // crc 0xe3069283 rotated right by 15 is 0x2507c60d; the sum is 0xc78ab0e5.
  expect(maskedCrc32c(new TextEncoder().encode("123456789"))).toBe(0xc78ab0e5);
});
