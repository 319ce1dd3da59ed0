import { expect, test } from "vitest";
import { offeredPages } from "./offered.ts";
import { pageOf, runPages } from "./pages.ts";
import type { StoredRecord } from "./record.ts";

const record: StoredRecord = { name: "", recipe: "", config: {}, summary: {}, classNames: [] };
const names = runPages.map(({ name }) => name);

test("a run whose record is unread is offered the pages that its system can fill", () => {
  expect(offeredPages({ system: "moe-decoder" })).toEqual([
    "overview",
    "tokens",
    "experts",
    "playground",
  ]);
  expect(offeredPages({ system: "elsewhere" })).toEqual(names);
});

test("the record decides about the pages that show it, the system about the others", () => {
  const trace = { tokens: ["a"], layers: [] };
  expect(offeredPages({ system: "vit-moe" }, { ...record, tokenTraces: [trace] })).toEqual([
    "overview",
    "tokens",
    "playground",
  ]);
  expect(offeredPages({ system: "classic-mixture" }, { ...record, confusion: [[1]] })).toEqual([
    "overview",
    "confusion",
  ]);
});

test("every page has a title", () => {
  for (const name of names) expect(pageOf(name).title.toLowerCase()).toBe(name);
});
