import { expect, test } from "vitest";
import * as z from "zod";
import { defineDataset } from "../data/define-dataset.ts";
import { defineSystem } from "../models/define.ts";
import { defineLoss } from "../moe/losses/define.ts";
import { defineRouter } from "../moe/routers/define.ts";
import type { Definition } from "./definition.ts";
import { createRegistry } from "./registry.ts";

const fn = () => ({});
const router = { name: "r", kind: "token-choice", description: "d", settings: {}, selects: fn, route: fn, gives: [], tensors: {} }; // biome-ignore format: a table
const loss = { name: "l", description: "d", weight: 1, settings: {}, needs: [], compute: fn };
const system = { name: "s", title: "t", description: "d", reads: "image", schema: z.strictObject({ system: z.literal("s") }), sizes: fn, pages: [] }; // biome-ignore format: a table
const dataset = { name: "d", kind: "image", title: "t", description: "d", terms: "t", splits: {}, classNames: [], files: [], schema: z.strictObject({ name: z.literal("d") }), spec: fn, open: fn }; // biome-ignore format: a table

const without = (definition: object, ...keys: string[]) =>
  Object.fromEntries(Object.entries(definition).filter(([key]) => !keys.includes(key)));

test("complete definitions are accepted", () => {
  for (const [define, definition] of [
    [defineRouter, router],
    [defineLoss, loss],
    [defineSystem, system],
    [defineDataset, dataset],
  ] as const) {
    expect((define as (given: object) => object)(definition)).toMatchObject({
      name: definition.name,
    });
  }
});

test.each<[string, (definition: never) => unknown, object, string]>([
  ["an empty object", defineRouter, {}, "defineRouter.name is missing (a text that is not empty)"],
  ["an empty name", defineRouter, { ...router, name: "" }, "defineRouter.name must be a text that"],
  [
    "no gives",
    defineRouter,
    without(router, "gives"),
    'defineRouter("r").gives is missing (a list)',
  ],
  [
    "no route",
    defineRouter,
    without(router, "route"),
    'defineRouter("r").route is missing; set it',
  ],
  ["a wrong kind", defineRouter, { ...router, kind: "tokenchoice" }, "did you mean token-choice?"],
  [
    "a number as setting",
    defineRouter,
    { ...router, settings: { k: 3 } },
    'a schema of zod is needed, such as z.number(), got 3 (defineRouter("r").settings.k)',
  ],
  [
    "a setting called name",
    defineRouter,
    { ...router, settings: { name: z.string() } },
    "the setting name exists already; choose another name",
  ],
  [
    "a camelCase setting",
    defineRouter,
    { ...router, settings: { numShy: z.int() } },
    'names of settings are snake_case (defineRouter("r").settings.numShy)',
  ],
  ["no needs", defineLoss, without(loss, "needs"), 'defineLoss("l").needs is missing (a list)'],
  ["no weight", defineLoss, without(loss, "weight"), 'defineLoss("l").weight is missing (a number'],
  [
    "a setting of every loss",
    defineLoss,
    { ...loss, settings: { modality: z.int() } },
    "the setting modality exists already",
  ],
  ["no schema", defineSystem, without(system, "schema"), 'defineSystem("s").schema is missing'],
  ["a number as schema", defineDataset, { ...dataset, schema: 3 }, 'defineDataset("d").schema: a'],
])("a definition with %s is refused", (_, define, definition, message) => {
  expect(() => define(definition as never)).toThrow(message);
});

test("a schema for another name is refused when it is added", () => {
  const registry = createRegistry<Definition>("thing", []);
  const schema = z.strictObject({ name: z.literal("other") });
  expect(() => registry.add({ name: "d", schema })).toThrow(
    'the schema of the thing d must have name: z.literal("d"), got "other"',
  );
  expect(() => registry.add({ name: "d", schema: z.strictObject({}) })).toThrow("got none");
  expect(() => registry.add({ name: "d" } as never)).toThrow("got none");
});
