import { expect, test } from "vitest";
import { loadStatus } from "./load-status.ts";

test("shares are compared with 1/E", () => {
  expect([0, 0.012, 0.0126, 0.125, 0.25, 0.26].map((share) => loadStatus(share, 8))).toEqual([
    "dead",
    "dead",
    "even",
    "even",
    "even",
    "overloaded",
  ]);
});

test("with two experts, nearly all tokens means overloaded; a zero share is dead", () => {
  expect([loadStatus(0.95, 2), loadStatus(0.05, 2), loadStatus(0.04, 2)]).toEqual([
    "overloaded",
    "even",
    "dead",
  ]);
  expect(loadStatus(Number.NaN, 4)).toBe("dead");
});
