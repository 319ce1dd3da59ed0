/** Which pages a run is offered. */
import type { RunEntry } from "../../../src/inspect/types/view.ts";
import type { RunPage } from "../route.ts";
import type { StoredRecord } from "./record.ts";

export const pageTitles: Readonly<Record<RunPage, string>> = {
  overview: "Overview",
  mosaic: "Mosaic",
  tokens: "Tokens",
  experts: "Experts",
  attention: "Attention",
  confusion: "Confusion",
  playground: "Playground",
};

const all: readonly RunPage[] = [
  "mosaic",
  "tokens",
  "experts",
  "attention",
  "confusion",
  "playground",
];

/** Pages of a run, in order: the pages that its record fills; until it is read, that its system can fill. */
export function offeredPages(
  { pages: expected }: Pick<RunEntry, "pages">,
  record?: StoredRecord,
): RunPage[] {
  const pages = all.filter((page) => {
    const test = record && holds[page];
    return test === undefined ? expected === null || expected.includes(page) : test(record!);
  });
  return ["overview", ...pages];
}

/** Whether a record has something to show on a page. */
export const holds: Partial<Readonly<Record<RunPage, (record: StoredRecord) => boolean>>> = {
  mosaic: ({ mosaics = [] }) => mosaics.some(({ layers }) => layers.length > 0),
  tokens: ({ tokenTraces = [] }) => tokenTraces.length > 0,
  experts: ({ routing = [], regions }) => routing.length > 0 || regions !== undefined,
  attention: ({ mosaics = [] }) => mosaics.some(({ attention }) => attention !== undefined),
  confusion: ({ confusion = [] }) => confusion.length > 0,
};

/** Why a page that needs the record has none, and what to do. */
export function whyNoRecord({ state }: Pick<RunEntry, "state">): string {
  return state === "training"
    ? "The run is still training. Its routers are looked at when it ends, and this page fills by itself."
    : "The run holds no record of what its routers did. Train it to its end with this version to get one.";
}
