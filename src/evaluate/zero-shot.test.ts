import { expect, test } from "vitest";
import { classAccuracy } from "./class-accuracy.ts";
import { classEmbeddings, classPrompts, probabilities, zeroShotLogits } from "./zero-shot.ts";

test("all templates of a class come before the next class", () => {
  expect(classPrompts(["cat", "dog"], ["a {}", "{} and {}"])).toEqual([
    "a cat",
    "cat and cat",
    "a dog",
    "dog and dog",
  ]);
  expect(classPrompts(["$&"], ["a {}"])).toEqual(["a $&"]);
  expect(() => classPrompts(["cat"], ["a photo"])).toThrow('the template "a photo" has no {}');
  expect(() => classPrompts([], ["a {}"])).toThrow("there are no labels");
  expect(() => classPrompts(["cat"], [])).toThrow("there are no templates");
});

test("class rows: the mean of unit rows, normalised", () => {
  // Class 0: (1, 0) and (0, 2), normalised to (0, 1): mean (0.5, 0.5). Class 1: twice (0.6, -0.8).
  const prompts = { width: 2, data: [1, 0, 0, 2, 0.6, -0.8, 0.6, -0.8] };
  const { width, data } = classEmbeddings(prompts, 2);
  expect(width).toBe(2);
  const half = Math.SQRT1_2;
  for (const [at, wanted] of [half, half, 0.6, -0.8].entries()) {
    expect(data[at]).toBeCloseTo(wanted, 6);
  }
  expect(() => classEmbeddings(prompts, 3)).toThrow(
    "a multiple of the number of templates (3), got 4",
  );
});

test("hand-computed logits, probabilities, accuracy and confusion", () => {
  const classes = { width: 2, data: [1, 0, 0, 1] };
  const images = { width: 2, data: [1, 0, 0.6, 0.8, 0.8, 0.6] };
  const logits = zeroShotLogits(images, classes, 10);
  for (const [at, value] of [10, 0, 6, 8, 8, 6].entries())
    expect(logits.data[at]).toBeCloseTo(value, 5);
  const { data } = probabilities(logits);
  expect(data[2]! + data[3]!).toBeCloseTo(1, 12);
  expect(data[3]).toBeCloseTo(1 / (1 + Math.exp(-2)), 5);
  // Predictions 0, 1, 0.
  expect(classAccuracy(logits, [0, 1, 1])).toEqual({
    accuracy: 2 / 3,
    confusion: [
      [1, 0],
      [1, 1],
    ],
    perClass: [1, 0.5],
  });
  expect(classAccuracy(logits, [0, 0, 0]).perClass).toEqual([2 / 3, null]);
  expect(() => classAccuracy(logits, [0, 1])).toThrow("got 2 labels and 3 samples");
  expect(() => classAccuracy(logits, [0, 1, 2])).toThrow(
    "sample 2 has label 2; labels must be 0 to 1",
  );
});

test("with more than five classes there is a top-5 accuracy", () => {
  const data = Float64Array.of(6, 5, 4, 3, 2, 1, 6, 5, 4, 3, 2, 1);
  expect(classAccuracy({ numClasses: 6, data }, [4, 5])).toMatchObject({ accuracy: 0, top5: 0.5 });
});
