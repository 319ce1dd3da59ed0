import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { evaluate, valueAndGradients } from "../runtime/evaluate.ts";
import { dropout } from "./dropout.ts";

test("entries below the rate become 0, the others are scaled up, and so are their gradients", async () => {
  const { value, gradients } = await valueAndGradients(
    (x, u) => dropout(x, u, 0.75),
    [array([1, 2, 3, 4]), array([0.1, 0.75, 0.9, 0.74])],
    { weights: array([1, 1, 1, 1]), wrt: [0] },
  );
  expect(toNumbers(value)).toEqual([0, 8, 12, 0]);
  expect(toNumbers(gradients[0]!)).toEqual([0, 4, 4, 0]);
});

test("a rate of 0 is the identity", async () => {
  const [y] = await evaluate((x) => dropout(x, x, 0), [array([1, 2])]);
  expect(toNumbers(y!)).toEqual([1, 2]);
});

test("a rate of 1 and random numbers of another shape are refused", async () => {
  await expect(evaluate((x) => dropout(x, x, 1), [array([1])])).rejects.toThrow(
    /dropout: the rate must be at least 0 and below 1, got 1/,
  );
  await expect(evaluate((x, u) => dropout(x, u, 0.5), [array([1]), array([[1]])])).rejects.toThrow(
    /needs one random number per entry of \[1\], got \[1, 1\]/,
  );
});
