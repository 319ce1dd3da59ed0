/** Page addresses: the part of the URL after `#`. */

import { type RunPage, runPages } from "./data/pages.ts";

export interface Route {
  /** The selected run; without a run, the page is the list of runs. */
  readonly run?: string;
  readonly page: RunPage | "runs";
  /** The part of the address that no page has, such as the name of an unknown page. */
  readonly unknown?: string;
  /** Choices on the page, such as the layer. */
  readonly params: ReadonlyMap<string, string>;
}

/**
 * Parses `#/run/<id>/<page>?<name>=<value>&...`; without a run it is the list of runs. An unknown
 * page is reported by `unknown`.
 *
 * @example
 * parseRoute("#/run/first/mosaic?layer=2").page // "mosaic"
 */
export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const params = new Map(new URLSearchParams(query));
  const [kind, id, page = "overview"] = path.split("/");
  if (kind !== "run" || id === undefined || id === "") {
    return { page: "runs", params, ...(path !== "" && { unknown: decode(path) }) };
  }
  const known = runPages.find(({ name }) => name === page);
  const run = decode(id);
  if (known === undefined) return { run, page: "overview", params, unknown: decode(page) };
  return { run, page: known.name, params };
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
