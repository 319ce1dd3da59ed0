import { expect, test } from "vitest";
import * as z from "zod";
import { fromSnakeCase } from "../config/case.ts";
import { defineSystem } from "./define.ts";
import { createClassifier, modelSchema, systemOf, systems, textsOf } from "./systems.ts";

const defaults = (system: string) => fromSnakeCase(modelSchema.parse({ system }));

test.each(systems.list().map(({ name }) => name))("%s is defined completely", (name) => {
  const settings = defaults(name);
  const definition = systemOf(settings);
  expect(definition.name).toBe(name);
  expect(settings.system).toBe(name);
  expect(definition.description).toMatch(/^[A-Z].*\.$/);
  const { layers, experts } = definition.sizes(settings);
  if (definition.reads !== "any") {
    expect(layers).toBeGreaterThan(0);
    expect(experts).toBeGreaterThan(0);
  }
  const alone = definition.alone?.(settings) ?? settings;
  expect(definition.sizes(alone)).toEqual({ layers, experts });
  if (definition.experts === undefined) return;
  const { counts } = definition.experts.counts(settings);
  expect(definition.experts.withCounts(settings, counts)).toEqual(settings);
});

test("texts follow from the data that a system reads, unless its definition sets them", () => {
  expect(textsOf(defaults("vit-moe"))).toBe("none");
  expect(textsOf(defaults("moe-decoder"))).toBe("samples");
  expect(textsOf(defaults("limoe"))).toBe("samples");
  const prompts = modelSchema.parse({ system: "diff-moe", text: "prompts" });
  expect(textsOf(fromSnakeCase(prompts))).toBe("classes");
});

test("recipes accept a system that is added later", () => {
  const model = { system: "added-later", width: 3 };
  expect(modelSchema.safeParse(model).success).toBe(false);
  systems.add(
    defineSystem({
      name: "added-later",
      title: "Added",
      paper: "-",
      description: "A system of a plug-in.",
      schema: z.strictObject({ system: z.literal("added-later"), width: z.int().default(8) }),
      reads: "points",
      sizes: ({ width }) => ({ layers: 1, experts: width }),
      pages: [],
    }),
  );
  expect(modelSchema.parse(model)).toEqual(model);
  expect(systemOf(model).sizes(model)).toEqual({ layers: 1, experts: 3 });
  const task = { numClasses: 2, imageShape: [1, 8, 8] } as const;
  expect(() => createClassifier(modelSchema.parse(model) as never, task)).toThrow(
    "model.system added-later does not classify images",
  );
});
