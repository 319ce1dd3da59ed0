import { expect, test } from "vitest";
import { didYouMean, nearest } from "./nearest.ts";

const keys = ["num_experts", "num_selected_experts", "capacity_factor", "width"];

test("finds the intended word", () => {
  expect(nearest("num_exprets", keys)).toEqual(["num_experts"]);
  expect(nearest("numExperts", keys)).toEqual(["num_experts"]);
  expect(nearest("widht", keys)).toEqual(["width"]);
  expect(nearest("capacity", keys)).toEqual(["capacity_factor"]);
});

test("suggests no distant words", () => {
  expect(nearest("dropout", keys)).toEqual([]);
  expect(nearest("", keys)).toEqual([]);
  expect(didYouMean("dropout", keys)).toBe("");
});

test("orders several suggestions by distance", () => {
  const recipes = ["diff-moe-fashion-mnist", "diff-moe-fashion-mnist-small", "quickstart"];
  expect(didYouMean("diff-moe-fashion-mnits", recipes, 2)).toBe(
    "; did you mean diff-moe-fashion-mnist or diff-moe-fashion-mnist-small?",
  );
});
