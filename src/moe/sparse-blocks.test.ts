import { expect, test } from "vitest";
import { moeBlocks, moeLayersSchema } from "./sparse-blocks.ts";

test("blocks with experts by V-MoE's definitions", () => {
  expect(moeBlocks("all", 3)).toEqual([0, 1, 2]);
  expect(moeBlocks("none", 3)).toEqual([]);
  expect(moeBlocks({ everyN: 2 }, 6)).toEqual([1, 3, 5]);
  expect(moeBlocks({ everyN: 3 }, 8)).toEqual([2, 5]);
  expect(moeBlocks({ lastN: 2 }, 12)).toEqual([9, 11]);
  expect(moeBlocks({ lastN: 2 }, 7)).toEqual([3, 5]);
  expect(moeBlocks([5, 2, 2], 6)).toEqual([2, 5]);
});

test("missing blocks are refused", () => {
  expect(() => moeBlocks([4], 4)).toThrow("names block 4, but the model has blocks 0 to 3");
  expect(() => moeBlocks({ lastN: 3 }, 4)).toThrow("4 blocks have only 2; lower last_n");
  expect(() => moeBlocks({ everyN: 5 }, 4)).toThrow("selects none of the 4 blocks; choose none");
});

test("forms in recipes", () => {
  for (const form of ["all", "none", { every_n: 2 }, { last_n: 1 }, [0, 3]]) {
    expect(moeLayersSchema.parse(form)).toEqual(form);
  }
  expect(moeLayersSchema.safeParse({ every_n: 0 }).success).toBe(false);
});
