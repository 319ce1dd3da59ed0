import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { routerSchema, routers } from "./index.ts";

test("every routing method has a file of its own and names its source", () => {
  const files = readdirSync(import.meta.dirname);
  for (const { name, description, paper } of routers.list()) {
    expect(files).toContain(`${name.replaceAll("_", "-")}.ts`);
    expect(description).toMatch(/^[A-Z].*\.$/);
    expect(paper).not.toBe("");
  }
});

test("every kind of routing has a router", () => {
  const kinds = new Set(routers.list().map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual(["dense", "expert-choice", "soft", "token-choice"]);
});

test("names and settings of the examples are those of the schema", () => {
  for (const { name, schema, examples } of routers.list()) {
    const { picture, variants = [], forms = [] } = examples;
    for (const { settings } of [picture, ...variants, ...forms]) {
      expect(schema.parse({ name, ...settings })).toMatchObject({ name, ...settings });
      expect(routerSchema.safeParse({ name, ...settings }).success).toBe(true);
    }
  }
});
