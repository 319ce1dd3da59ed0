import { expect, test } from "vitest";
import { askOnce } from "./ask-once.ts";

test("an answer is kept, a failure is asked again", async () => {
  const cache = new Map<string, Promise<number>>();
  let asked = 0;
  const ask = async (): Promise<number> => {
    asked += 1;
    if (asked === 1) throw new Error("busy");
    return asked;
  };
  await expect(askOnce(cache, "a", ask)).rejects.toThrow("busy");
  expect(await askOnce(cache, "a", ask)).toBe(2);
  expect(await askOnce(cache, "a", ask)).toBe(2);
});
