import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listRecipes, recipePath } from "./recipes.ts";

const folder = mkdtempSync(join(tmpdir(), "moesaic-recipes-"));
writeFileSync(
  join(folder, "quickstart.yaml"),
  "# yaml-language-server: $schema=x\n#\n# Shapes in a minute.  \n# More.\nseed: 1\n",
);
writeFileSync(join(folder, "plain.yaml"), "seed: 1\n# Not a head comment.\n");
writeFileSync(join(folder, "notes.txt"), "");

test("lists recipes with the first line of their head comment", () => {
  expect(listRecipes(folder).map(({ name, description }) => [name, description])).toEqual([
    ["plain", ""],
    ["quickstart", "Shapes in a minute."],
  ]);
  expect(listRecipes(join(folder, "missing"))).toEqual([]);
});

test("finds a recipe by name and suggests similar ones", () => {
  expect(recipePath("plain", folder)).toBe(join(folder, "plain.yaml"));
  expect(() => recipePath("quikstart", folder)).toThrow(
    "unknown recipe quikstart; did you mean quickstart?",
  );
  expect(() => recipePath("zebra", folder)).toThrow(
    "unknown recipe zebra; run moesaic recipes for a list",
  );
  expect(() => recipePath("..", folder)).toThrow(/unknown recipe/);
});

test("recipes begin with the line that names their schema; their description is the first sentence", () => {
  const recipes = listRecipes();
  expect(recipes.length).toBeGreaterThan(20);
  for (const { path, description } of recipes) {
    const [first, second] = readFileSync(path, "utf8").split("\n");
    expect(first, path).toBe("# yaml-language-server: $schema=../dist/config.schema.json");
    expect(second, path).toBe(`# ${description}`);
  }
});
