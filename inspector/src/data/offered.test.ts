import { systems } from "moesaic/models";
import { expect, test } from "vitest";
import { offeredPages } from "./offered.ts";
import { pageOf, runPages } from "./pages.ts";
import type { StoredRecord } from "./record.ts";

const record: StoredRecord = { name: "", recipe: "", config: {}, summary: {}, classNames: [] };
const pagesOf = (system: string) => systems.get(system).pages;
const finished = { state: "finished", hasRecord: true, hasModel: true } as const;
const names = runPages.map(({ name }) => name);

test("before the record is read, a run has the pages of its system", () => {
  expect(offeredPages({ ...finished, pages: pagesOf("moe-decoder") })).toEqual([
    "overview",
    "tokens",
    "experts",
    "playground",
  ]);
  expect(offeredPages({ ...finished, pages: null })).toEqual(names);
});

test("the record determines the pages that use it, the system the others", () => {
  const trace = { tokens: ["a"], layers: [] };
  expect(
    offeredPages({ ...finished, pages: pagesOf("vit-moe") }, { ...record, tokenTraces: [trace] }),
  ).toEqual(["overview", "tokens", "playground"]);
  expect(
    offeredPages(
      { ...finished, pages: pagesOf("classic-mixture") },
      { ...record, confusion: [[1]] },
    ),
  ).toEqual(["overview", "confusion"]);
});

test("a stopped run has no page for data that it did not write; a training run gets it later", () => {
  const none = { pages: pagesOf("vit-moe"), hasRecord: false, hasModel: false };
  expect(offeredPages({ ...none, state: "stopped" })).toEqual(["overview"]);
  expect(offeredPages({ ...none, state: "stopped", hasModel: true })).toEqual([
    "overview",
    "playground",
  ]);
  expect(offeredPages({ ...none, state: "training" })).toEqual([
    "overview",
    ...pagesOf("vit-moe").filter((name) => name !== "playground"),
    "playground",
  ]);
});

test("every page has a title", () => {
  for (const name of names) expect(pageOf(name).title.toLowerCase()).toBe(name);
});
