import { expect, test } from "vitest";
import { datasets } from "../registry.ts";
import { openShapes } from "../shapes/index.ts";
import { classTemplates } from "./class-templates.ts";

test("every template has a placeholder for the class", () => {
  for (const { name } of datasets.list()) {
    const templates = classTemplates(name);
    expect(templates.length).toBeGreaterThan(0);
    for (const template of templates) expect(template.split("{}")).toHaveLength(2);
    expect(new Set(templates).size).toBe(templates.length);
  }
});

test("the templates of shapes are captions of the set, in every colour", () => {
  const templates = classTemplates("shapes");
  expect(templates).toHaveLength(8);
  expect(templates).toContain("an orange {}");
  const set = openShapes({ name: "shapes", split: "test", length: 400 });
  const captions = Array.from({ length: 400 }, (_, i) => set.get(i).captions![0]!);
  for (const template of templates) {
    const [before] = template.split("{}");
    expect(captions.some((caption) => caption.startsWith(before!))).toBe(true);
  }
});
