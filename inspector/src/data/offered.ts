/** Which pages a run is offered. */
import type { RunEntry, RunView } from "../../../src/inspect/types/view.ts";
import { type RunPage, runPages } from "../address.ts";
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

/** Pages of a run, in order: those that its record fills, or until it is read, those of its system. */
export function offeredPages(
  { pages }: Pick<RunView, "pages">,
  record?: StoredRecord,
): readonly RunPage[] {
  return runPages.filter((page) => {
    if (page === "overview") return true;
    const test = record && holds[page];
    return test === undefined ? pages.includes(page) : test(record!);
  });
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
