/** The pages of one run, in the order of their tabs. */
import type { StoredRecord } from "./record.ts";

interface RunPageDefinition {
  /** Name in addresses. */
  readonly name: string;
  readonly title: string;
  /** Whether a record has data for the page; absent if the page does not use the record. */
  readonly holds?: (record: StoredRecord) => boolean;
}

export const runPages = [
  { name: "overview", title: "Overview" },
  {
    name: "mosaic",
    title: "Mosaic",
    holds: ({ mosaics = [] }: StoredRecord) => mosaics.some(({ layers }) => layers.length > 0),
  },
  {
    name: "tokens",
    title: "Tokens",
    holds: ({ tokenTraces = [] }: StoredRecord) => tokenTraces.length > 0,
  },
  {
    name: "experts",
    title: "Experts",
    holds: ({ routing = [], regions }: StoredRecord) => routing.length > 0 || regions !== undefined,
  },
  {
    name: "attention",
    title: "Attention",
    holds: ({ mosaics = [] }: StoredRecord) =>
      mosaics.some(({ attention }) => attention !== undefined),
  },
  {
    name: "confusion",
    title: "Confusion",
    holds: ({ confusion = [] }: StoredRecord) => confusion.length > 0,
  },
  { name: "playground", title: "Playground" },
] as const satisfies readonly RunPageDefinition[];

type Definition = (typeof runPages)[number];

export type RunPage = Definition["name"];

/** Pages that use the record. */
export type RecordPage = Extract<Definition, { readonly holds: unknown }>["name"];

/** The definition of a page. */
export function pageOf(name: RunPage): RunPageDefinition {
  return runPages.find((page) => page.name === name)!;
}
