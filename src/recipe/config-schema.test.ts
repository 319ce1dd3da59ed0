import { expect, test } from "vitest";
import * as z from "zod";
import { trainConfigSchema } from "./config.ts";

type Node = Record<string, unknown>;

/** Every key of every mapping in a JSON Schema, with its path. */
function keysOf(node: unknown, path: string, visit: (path: string, key: Node) => void): void {
  if (typeof node !== "object" || node === null) return;
  for (const [name, inner] of Object.entries(node as Node)) {
    if (name !== "properties") {
      keysOf(inner, path, visit);
      continue;
    }
    for (const [key, schema] of Object.entries(inner as Record<string, Node>)) {
      visit(`${path}.${key}`, schema);
      keysOf(schema, `${path}.${key}`, visit);
    }
  }
}

test("every key of a recipe has a description of one or more sentences, at every depth", () => {
  const undescribed: string[] = [];
  let count = 0;
  keysOf(z.toJSONSchema(trainConfigSchema, { io: "input" }), "", (path, { description }) => {
    count += 1;
    if (typeof description !== "string" || description.length < 5) undescribed.push(path);
  });
  expect(count).toBeGreaterThan(500);
  expect([...new Set(undescribed)]).toEqual([]);
});

test("no description repeats the default, which is a value of the schema", () => {
  const repeated: string[] = [];
  let count = 0;
  keysOf(z.toJSONSchema(trainConfigSchema, { io: "input" }), "", (path, key) => {
    if (!("default" in key)) return;
    count += 1;
    if (/; default /.test(String(key.description))) repeated.push(path);
  });
  expect(count).toBeGreaterThan(300);
  expect([...new Set(repeated)]).toEqual([]);
});
