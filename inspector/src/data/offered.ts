/** Which pages a run is offered. */
import type { RunEntry } from "moesaic/inspect";
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

const all: readonly RunPage[] = [
  "mosaic",
  "tokens",
  "experts",
  "attention",
  "confusion",
  "playground",
];

/** Pages of a run, in order: those that its record fills, or while that is unread, its system can. */
export function offeredPages(
  { system }: Pick<RunEntry, "system">,
  record?: StoredRecord,
): RunPage[] {
  const expected = bySystem[system] ?? all;
  const pages = all.filter((page) => {
    const test = record && holds[page];
    return test === undefined ? expected.includes(page) : test(record!);
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
