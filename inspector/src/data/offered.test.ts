import { systems } from "moesaic/models";
import { expect, test } from "vitest";
import { offeredPages } from "./offered.ts";
import { pageOf, runPages } from "./pages.ts";
import type { StoredRecord } from "./record.ts";

const record: StoredRecord = { name: "", recipe: "", config: {}, summary: {}, classNames: [] };
const pagesOf = (system: string) => systems.get(system).pages;
const names = runPages.map(({ name }) => name);

test("before the record is read, a run has the pages of its system", () => {
  expect(offeredPages({ pages: pagesOf("moe-decoder") })).toEqual([
    "overview",
    "tokens",
    "experts",
    "playground",
  ]);
  expect(offeredPages({ pages: null })).toEqual(names);
});

test("the record determines the pages that use it, the system the others", () => {
  const trace = { tokens: ["a"], layers: [] };
  expect(offeredPages({ pages: pagesOf("vit-moe") }, { ...record, tokenTraces: [trace] })).toEqual([
    "overview",
    "tokens",
    "playground",
  ]);
  expect(
    offeredPages({ pages: pagesOf("classic-mixture") }, { ...record, confusion: [[1]] }),
  ).toEqual(["overview", "confusion"]);
});

test("every page has a title", () => {
  for (const name of names) expect(pageOf(name).title.toLowerCase()).toBe(name);
});
