/** Reads what stands in `data/` beside the page, from a server or from the files of an export. */
import type { MetricTable, RunList, RunView } from "moesaic/inspect";

/** Something could not be read; the message is a sentence for the reader. */
export class DataError extends Error {}

/** The address of a file in `data/`. */
export function dataUrl(...parts: readonly string[]): string {
  return new URL(["data", ...parts.map(encodeURIComponent)].join("/"), document.baseURI).href;
}

export function readRuns(): Promise<RunList> {
  return readJson<RunList>("runs.json");
}

export function readRun(id: string): Promise<RunView> {
  return readJson<RunView>("runs", id, "run.json");
}

export function readMetrics(id: string): Promise<MetricTable> {
  return readJson<MetricTable>("runs", id, "metrics.json");
}

/** Bytes of a file, as text. */
export async function readText(...parts: readonly string[]): Promise<string> {
  const place = parts.join("/");
  let response: Response;
  try {
    response = await fetch(dataUrl(...parts), { cache: "no-cache" });
  } catch {
    throw new DataError(`data/${place} cannot be reached; is the inspector still running?`);
  }
  if (response.ok) return response.text();
  if (response.status === 404) throw new DataError(`data/${place} is not there`);
  throw new DataError(`data/${place} cannot be read: the server answers ${response.status}`);
}

async function readJson<T>(...parts: readonly string[]): Promise<T> {
  const text = await readText(...parts);
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new DataError(`data/${parts.join("/")} is no JSON`);
  }
}
