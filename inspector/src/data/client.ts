/** Reads files of `data/` beside the page, from a server or an export. */
import type { MetricTable, RunList, RunView } from "moesaic/inspect";

/** A file could not be read; the message is shown to the user. */
export class DataError extends Error {}

/** The URL of a file in `data/`. */
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

/**
 * Reads a text file.
 *
 * @throws DataError if the file does not exist or cannot be read
 */
export async function readText(...parts: readonly string[]): Promise<string> {
  const place = parts.join("/");
  let response: Response;
  try {
    response = await fetch(dataUrl(...parts), { cache: "no-cache" });
  } catch {
    throw new DataError(
      `data/${place} cannot be loaded; check that the inspector is still running`,
    );
  }
  if (response.ok) return response.text();
  if (response.status === 404) throw new DataError(`data/${place} does not exist`);
  throw new DataError(`data/${place} cannot be read: HTTP status ${response.status}`);
}

async function readJson<T>(...parts: readonly string[]): Promise<T> {
  const text = await readText(...parts);
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new DataError(`data/${parts.join("/")} is not valid JSON`);
  }
}
