import { expect, test } from "vitest";
import { datasets } from "../registry.ts";
import { classDescriptions, detailLevels } from "./class-descriptions.ts";

test("each class has one description, and higher detail adds text", () => {
  for (const name of ["cifar10", "fashion-mnist", "shapes"] as const) {
    const { classNames } = datasets.get(name);
    const [simple, normal, detailed] = detailLevels.map((detail) =>
      classDescriptions(name, classNames, detail),
    ) as [string[], string[], string[]];
    for (const texts of [simple, normal, detailed]) {
      expect(texts).toHaveLength(classNames.length);
      expect(new Set(texts).size).toBe(classNames.length);
    }
    for (const [i, text] of simple.entries()) {
      expect(normal[i]!.startsWith(`${text}, `)).toBe(true);
      expect(detailed[i]!.startsWith(`${normal[i]}; `)).toBe(true);
    }
  }
});

test("descriptions are in the order of the labels", () => {
  const words: Readonly<Record<string, string>> = { automobile: "car" };
  for (const name of ["cifar10", "fashion-mnist", "shapes"] as const) {
    const { classNames } = datasets.get(name);
    for (const [i, text] of classDescriptions(name, classNames, "simple").entries()) {
      expect(text).toContain(words[classNames[i]!] ?? classNames[i]!);
    }
  }
});

test("other sets have only simple descriptions, from their class names", () => {
  expect(classDescriptions("pacs", ["dog", "house"], "simple")).toEqual([
    "a picture of dog",
    "a picture of house",
  ]);
  expect(() => classDescriptions("pacs", ["dog"], "detailed")).toThrow(
    "pacs has no detailed class descriptions; set model.prompt_detail to simple",
  );
});
