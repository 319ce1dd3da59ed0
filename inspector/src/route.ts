/** Where the reader is: the page, the run and the choices, all in the address after `#`. */
import { type ReadonlySignal, signal } from "@preact/signals";

/** Pages of one run, in the order of their tabs. */
export const runPages = [
  "overview",
  "mosaic",
  "tokens",
  "experts",
  "attention",
  "confusion",
  "playground",
] as const;
export type RunPage = (typeof runPages)[number];

export interface Route {
  /** Without a run, the page is the list of runs. */
  readonly run?: string;
  readonly page: RunPage | "runs";
  /** What is chosen on the page, such as the layer. */
  readonly params: ReadonlyMap<string, string>;
}

const current = signal<Route>(parseRoute(location.hash));

/** The page that is shown. */
export const route: ReadonlySignal<Route> = current;

addEventListener("hashchange", () => {
  current.value = parseRoute(location.hash);
});

/**
 * Reads `#/run/<id>/<page>?<name>=<value>&...`; what is unknown leads to the list of runs.
 *
 * @example
 * parseRoute("#/run/first/mosaic?layer=2").page // "mosaic"
 */
export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const params = new Map(new URLSearchParams(query));
  const [kind, id, page = "overview"] = path.split("/");
  if (kind !== "run" || id === undefined || id === "") return { page: "runs", params };
  const known = runPages.find((name) => name === page) ?? "overview";
  return { run: decode(id), page: known, params };
}

/** The address of a page, for `href`. */
export function hrefOf({
  run,
  page,
  params,
}: Partial<Route> & { readonly page: Route["page"] }): string {
  const path = run === undefined ? "" : `run/${encodeURIComponent(run)}/${page}`;
  const query = new URLSearchParams([...(params ?? [])]).toString();
  return `#/${path}${query === "" ? "" : `?${query}`}`;
}

/**
 * Changes choices of the page at hand; `null` takes one back.
 *
 * @param keep whether the step can be undone with the browser's back button; sliders leave no trace
 */
export function choose(
  changes: Readonly<Record<string, string | number | null>>,
  { keep = false }: { readonly keep?: boolean } = {},
): void {
  const params = new Map(current.value.params);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) params.delete(name);
    else params.set(name, String(value));
  }
  const next = { ...current.value, params };
  if (hrefOf(next) === hrefOf(current.value)) return;
  history[keep ? "pushState" : "replaceState"](null, "", hrefOf(next));
  current.value = next;
}

/** A whole number from the address, within 0 and `count - 1`; otherwise `fallback`. */
export function chosenIndex(name: string, count: number, fallback: number): number {
  const text = route.value.params.get(name);
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isInteger(value) && value >= 0 && value < count ? value : fallback;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
