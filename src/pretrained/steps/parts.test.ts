import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { widenMxfp4 } from "./mxfp4.ts";
import { arrayAfter, type PartStep, shapeAfter } from "./parts.ts";

const rows = array([
  [1, 2, 3, 4],
  [5, 6, 7, 8],
]);

test.each<[string, PartStep, number[], number[]]>([
  ["expert", { kind: "expert" }, [4], [5, 6, 7, 8]],
  ["chunk", { kind: "chunk", index: 1, of: 2 }, [1, 4], [5, 6, 7, 8]],
  ["chunks", { kind: "chunk", index: 0, of: 2, count: 2 }, [2, 4], [1, 2, 3, 4, 5, 6, 7, 8]],
  ["every", { kind: "every", index: 1, of: 2 }, [2, 2], [2, 4, 6, 8]],
  ["transpose", { kind: "transpose" }, [4, 2], [1, 5, 2, 6, 3, 7, 4, 8]],
  ["unsqueeze", { kind: "unsqueeze" }, [1, 2, 4], [1, 2, 3, 4, 5, 6, 7, 8]],
])("%s", (_, step, shape, values) => {
  expect(shapeAfter(rows.shape, step)).toEqual(shape);
  const result = arrayAfter(rows, step, 1);
  expect([result.shape, toNumbers(result)]).toEqual([shape, values]);
});

test("shapes that a step does not fit are refused", () => {
  expect(() => shapeAfter([3, 4], { kind: "chunk", index: 0, of: 2 })).toThrow(/cut into 2 parts/);
  expect(() => shapeAfter([2, 3], { kind: "every", index: 0, of: 2 })).toThrow(/cut into 2 parts/);
  expect(() => shapeAfter([2], { kind: "transpose" })).toThrow(/cannot be transposed/);
});

test("MXFP4: the lower half of a byte comes first, and the scale is a power of two", () => {
  const bytes = new Uint8Array(32).fill(0);
  bytes.set([0x21, 0xf7], 0); // 0.5, 1, 6, -6
  bytes.set([0x08], 16); // -0, 0
  const blocks = { dtype: "uint8", shape: [2, 1, 16], data: bytes } as const;
  const scales = { dtype: "uint8", shape: [2, 1], data: new Uint8Array([128, 127]) } as const;
  const { shape, data } = widenMxfp4(blocks, scales);
  expect(shape).toEqual([2, 32]);
  expect([...data.slice(0, 5)]).toEqual([1, 2, 12, -12, 0]);
  expect(Object.is(data[32], -0)).toBe(true);
  expect(() => widenMxfp4(blocks, { ...scales, shape: [1, 2] })).toThrow(/MXFP4 needs blocks/);
});
