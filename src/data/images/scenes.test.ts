import { expect, test } from "vitest";
import { sceneNames, sceneOf } from "./scenes.ts";

test.each([
  ["animals", "Two dogs run across a field ."],
  ["sport", "A soccer player in a park"],
  ["vehicle", "A man rides a bike by the lake"],
  ["water scene", "Children splash in the pool"],
  ["indoor scene", "A woman sits on a couch"],
  ["city scene", "People wait on the sidewalk"],
  ["natural landscape", "A person on top of a mountain"],
  ["people", "A girl smiles at the camera ."],
] as const)("one sentence: %s", (scene, caption) => {
  expect(sceneOf([caption])).toBe(scene);
});

test("the first class in order wins within a caption, the majority over captions", () => {
  expect(sceneNames.indexOf("animals")).toBeLessThan(sceneNames.indexOf("water scene"));
  expect(sceneOf(["A dog swims in a lake"])).toBe("animals");
  expect(
    sceneOf(["A dog swims", "Someone swims in a lake", "Waves on the shore", "A dog", "The ocean"]),
  ).toBe("water scene");
});

test("ties go to the first class in order, for any order of captions", () => {
  const captions = ["A mountain", "A football match", "A mountain", "A football match", "Nothing"];
  expect(sceneOf(captions)).toBe("sport");
  expect(sceneOf([...captions].reverse())).toBe("sport");
});

test("whole words match in any case, and captions without keywords do not vote", () => {
  expect(sceneOf(["DOGS!"])).toBe("animals");
  expect(sceneOf(["A dogged hotelcar"])).toBeUndefined();
  expect(sceneOf(["Something", "Something", "A bus"])).toBe("vehicle");
  expect(sceneOf([])).toBeUndefined();
});
