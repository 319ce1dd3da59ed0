import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { add } from "../../ops/arithmetic.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import { stepWindow, windowBias } from "./window.ts";

test("a token sees itself and the tokens before it within its window", async () => {
  const [bias] = await evaluate((x) => add(windowBias(x.graph, 4, 2), x), [array([0])]);
  const seen = toNumbers(bias!).map((x) => (x === 0 ? 1 : 0));
  expect(seen).toEqual([1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1]);
});

test("a step hides keys that do not exist yet, and those before its window", async () => {
  const [bias] = await evaluate((n) => stepWindow(n, 5, 3), [array([1, 4], "int64")]);
  const seen = toNumbers(bias!).map((x) => (x === 0 ? 1 : 0));
  expect(seen).toEqual([1, 0, 0, 0, 0, 0, 0, 1, 1, 0]); // its own key is not in the cache
});
