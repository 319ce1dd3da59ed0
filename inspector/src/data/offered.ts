/** Which pages a run is offered. */
import type { RunEntry } from "moesaic/inspect";
import { type RunPage, runPages } from "./pages.ts";
import type { StoredRecord } from "./record.ts";

/** Pages of a run, in order: the pages that its record fills; until it is read, that its system can fill. */
export function offeredPages(
  { pages: expected }: Pick<RunEntry, "pages">,
  record?: StoredRecord,
): RunPage[] {
  const offered = runPages.filter((page) => {
    if (page.name === "overview") return true;
    if (record !== undefined && "holds" in page) return page.holds(record);
    return expected === null || expected.includes(page.name);
  });
  return offered.map(({ name }) => name);
}

/** Why a page that needs the record has none, and what to do. */
export function whyNoRecord({ state }: Pick<RunEntry, "state">): string {
  return state === "training"
    ? "The run is still training. Routing is recorded when training ends; this page then updates by itself."
    : "The run holds no record of what its routers did. Train it to its end with this version to get one.";
}
