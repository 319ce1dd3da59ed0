/** Which pages a run is offered. */
import type { RunEntry } from "moesaic/inspect";
import { type RunPage, runPages } from "./pages.ts";
import type { StoredRecord } from "./record.ts";

const classifier: readonly RunPage[] = [
  "mosaic",
  "experts",
  "attention",
  "confusion",
  "playground",
];

/** Pages that models of each system can fill; of others, all are offered. */
const bySystem: Readonly<Record<string, readonly RunPage[]>> = {
  "diff-moe": classifier,
  "vit-moe": classifier,
  "sf-moe": classifier,
  limoe: ["mosaic", "tokens", "experts", "attention", "confusion", "playground"],
  seemoe: ["mosaic", "tokens", "experts", "attention", "playground"],
  "moe-decoder": ["tokens", "experts", "playground"],
  "text-classifier": ["tokens", "experts", "confusion", "playground"],
  "sparsely-gated": ["mosaic", "experts", "confusion", "playground"],
  "classic-mixture": ["experts", "confusion"],
  custom: ["mosaic", "tokens", "experts", "attention", "confusion"],
};

/** Pages of a run, in order: those its record fills, or while that is unread, its system can fill. */
export function offeredPages(
  { system }: Pick<RunEntry, "system">,
  record?: StoredRecord,
): RunPage[] {
  const expected = bySystem[system];
  const offered = runPages.filter((page) => {
    if (page.name === "overview") return true;
    if (record !== undefined && "holds" in page) return page.holds(record);
    return expected?.includes(page.name) ?? true;
  });
  return offered.map(({ name }) => name);
}

/** Why a page that needs the record has none, and what to do. */
export function whyNoRecord({ state }: Pick<RunEntry, "state">): string {
  return state === "training"
    ? "The run is still training. Routing is recorded when training ends; this page then updates by itself."
    : "The run holds no record of what its routers did. Train it to its end with this version to get one.";
}
