import { expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "./base64.ts";

test("bytes survive the round trip, also beyond one call of String.fromCharCode", () => {
  expect(encodeBase64(Uint8Array.of(1, 2))).toBe("AQI=");
  expect([...decodeBase64("AQI=")]).toEqual([1, 2]);
  const many = Uint8Array.from({ length: 20_000 }, (_, i) => i % 251);
  expect(decodeBase64(encodeBase64(many))).toEqual(many);
});

test("white space and missing padding are accepted, other text is not", () => {
  expect([...decodeBase64(" AQ\nI")]).toEqual([1, 2]);
  expect(() => decodeBase64("@@@")).toThrow();
  expect(() => decodeBase64("AQIDA")).toThrow();
});
