/** The address of a page: what stands after `#`. */

import { type RunPage, runPages } from "./data/pages.ts";

export interface Route {
  /** Without a run, the page is the list of runs. */
  readonly run?: string;
  readonly page: RunPage | "runs";
  /** What is chosen on the page, such as the layer. */
  readonly params: ReadonlyMap<string, string>;
}

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
  const known = runPages.find(({ name }) => name === page);
  return { run: decode(id), page: known?.name ?? "overview", params };
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

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
