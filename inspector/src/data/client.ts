/** Reads files of `data/` beside the page, from a server or an export. */
import type { MetricTable, RunList, RunView } from "moesaic/inspect";

/** A file could not be read; the message is shown to the user. */
export class DataError extends Error {}

/** The file does not exist. */
class MissingError extends DataError {}

/** The URL of a file in `data/`. */
export function dataUrl(...parts: readonly string[]): string {
  return new URL(["data", ...parts.map(encodeURIComponent)].join("/"), document.baseURI).href;
}

export function readRuns(): Promise<RunList> {
  return readJson<RunList>("runs.json");
}

/** @throws DataError if there is no such run, or its file cannot be read */
export async function readRun(id: string): Promise<RunView> {
  try {
    return await readJson<RunView>("runs", id, "run.json");
  } catch (error) {
    if (!(error instanceof MissingError)) throw error;
    throw new DataError(
      `there is no run “${id}” here: it was renamed or deleted, or the address is wrong; the list of runs shows all`,
    );
  }
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
  if (response.status === 404) throw new MissingError(`data/${place} does not exist`);
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
