/** Page addresses: the part of the URL after `#`. */

import { type RunPage, runPages } from "./data/pages.ts";

export interface Route {
  /** The selected run. */
  readonly run?: string;
  /** The selected checkpoint from the hub; without a run and a model, the page is the list of them. */
  readonly model?: string;
  readonly page: RunPage | "runs" | "model";
  /** The part of the address that no page has, such as the name of an unknown page. */
  readonly unknown?: string;
  /** Choices on the page, such as the layer. */
  readonly params: ReadonlyMap<string, string>;
}

/**
 * Parses `#/run/<id>/<page>?<name>=<value>&...` and `#/model/<id>?...`; without a run or a model it is the
 * list of runs. An unknown page is reported by `unknown`.
 *
 * @example
 * parseRoute("#/run/first/mosaic?layer=2").page // "mosaic"
 */
export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const params = new Map(new URLSearchParams(query));
  const [kind, id, page = "overview"] = path.split("/");
  if (kind === "model" && id) return { model: decode(id), page: "model", params };
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
  model,
  page,
  params,
}: Partial<Route> & { readonly page: Route["page"] }): string {
  const path =
    model !== undefined
      ? `model/${encodeURIComponent(model)}`
      : run === undefined
        ? ""
        : `run/${encodeURIComponent(run)}/${page}`;
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
