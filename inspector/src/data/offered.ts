/** Pages available for a run. */
import type { RunEntry, RunView } from "moesaic/inspect";
import { type RunPage, runPages } from "./pages.ts";
import type { StoredRecord } from "./record.ts";

/** What decides about the pages of a run. */
export type PagedRun = Pick<RunView, "pages" | "state" | "hasRecord" | "hasModel">;

/**
 * Pages of a run, in order: the pages with recorded data; before the record is read, those of its
 * system. A run that no longer trains has no page for data that it did not write.
 */
export function offeredPages(
  { pages: expected, state, hasRecord, hasModel }: PagedRun,
  record?: StoredRecord,
): RunPage[] {
  const offered = runPages.filter((page) => {
    if (page.name === "overview") return true;
    const written = "holds" in page ? hasRecord : hasModel;
    if (!written && state !== "training") return false;
    if (record !== undefined && "holds" in page) return page.holds(record);
    return expected === null || expected.includes(page.name);
  });
  return offered.map(({ name }) => name);
}

/** Explains why a page has no record, and what to do. */
export function whyNoRecord({ state }: Pick<RunEntry, "state">): string {
  return state === "training"
    ? "The run is still training. Routing is recorded when training ends; this page then updates by itself."
    : "The run has no routing record. Train it to the end with this version to create one.";
}
