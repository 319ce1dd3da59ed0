/** Runs and pages for tests of the server. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MetricEvent } from "../inspect/types/run-record.ts";
import { readAppFiles } from "./app-files.ts";
import { openRuns } from "./run-registry.ts";
import { type RunningServer, type ServeOptions, serveRuns } from "./serve-runs.ts";

export interface TestFolder extends Disposable {
  readonly path: string;
  at(...names: string[]): string;
}

export function testFolder(): TestFolder {
  const path = mkdtempSync(join(tmpdir(), "moesaic-server-"));
  return {
    path,
    at: (...names) => join(path, ...names),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** A page of two files, as built by Vite. */
export function writePage(folder: string): string {
  mkdirSync(join(folder, "assets"), { recursive: true });
  writeFileSync(
    join(folder, "index.html"),
    "<!doctype html><html><head></head><body></body></html>",
  );
  writeFileSync(join(folder, "assets", "index-1a2b3c4d.js"), "document.title = 'page';\n");
  return folder;
}

export function event(step: number, value: number | null = step, more: Partial<MetricEvent> = {}) {
  return { step, epoch: 0, split: "train", name: "loss", value, seconds: step / 10, ...more };
}

export function lines(...events: readonly unknown[]): string {
  return events.map((each) => `${JSON.stringify(each)}\n`).join("");
}

/** A run directory with a configuration and the given metrics. */
export function writeRun(path: string, metrics: string = lines(event(0), event(1))): string {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "config.yaml"), "recipe: tiny\nseed: 3\nmodel:\n  system: diff-moe\n");
  writeFileSync(join(path, "metrics.jsonl"), metrics);
  return path;
}

export interface TestServer extends AsyncDisposable {
  readonly server: RunningServer;
  readonly origin: string;
  /** A raw request, byte by byte. */
  raw(request: string): Promise<string>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  json<T>(path: string): Promise<T>;
}

/** Serves runs and a page on a free port. */
export async function testServer(
  page: string,
  runs: readonly string[],
  options: Partial<Pick<ServeOptions, "host" | "token" | "models">> = {},
): Promise<TestServer> {
  const registry = await openRuns(runs);
  const files = await readAppFiles(page);
  const server = await serveRuns({ registry, files, host: "127.0.0.1", port: 0, ...options });
  const origin = `http://127.0.0.1:${server.port}`;
  const get = (path: string, headers = {}) => fetch(`${origin}${path}`, { headers });
  return {
    server,
    origin,
    get,
    raw: (request) =>
      new Promise((resolve, reject) => {
        let answer = "";
        const socket = connect(server.port, "127.0.0.1", () => socket.write(request));
        socket.on("data", (bytes) => (answer += bytes));
        socket.on("close", () => resolve(answer));
        socket.on("error", reject);
      }),
    async json<T>(path: string): Promise<T> {
      const response = await get(path);
      if (!response.ok) throw new Error(`${path} answers ${response.status}`);
      return (await response.json()) as T;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}
