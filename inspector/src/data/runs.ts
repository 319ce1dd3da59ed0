/** All runs, and the opened runs. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { MetricEvent, MetricTable, RunEntry, RunList, RunView } from "moesaic/inspect";
import { readMetrics, readRun, readRuns } from "./client.ts";
import { followRun } from "./events.ts";
import { mergeMetrics } from "./merge-metrics.ts";
import { readRecord, type StoredRecord } from "./record.ts";
import { type ResourceSignal, resource } from "./resource.ts";

/** Connection state of an opened run; `export` means that there is no server. */
export type Connection = "export" | "connecting" | "connected" | "lost";

/** Data of one run; each part is read on first use. */
export interface OpenRun {
  readonly id: string;
  readonly view: ResourceSignal<RunView>;
  readonly metrics: () => ResourceSignal<MetricTable>;
  readonly record: () => ResourceSignal<StoredRecord>;
  /** The record, if a page has already read it. */
  readonly readRecord: ReadonlySignal<StoredRecord | undefined>;
  readonly connection: ReadonlySignal<Connection>;
  /** Follows the run until the returned function is called. */
  follow(): () => void;
}

/** Interval between reloads of the list if a server follows the runs, milliseconds. */
const listInterval = 3000;
/** Interval between reloads of checkpoints and scores of a training run, milliseconds. */
const viewInterval = 5000;

let list: ResourceSignal<RunList> | undefined;
const opened = new Map<string, OpenRun>();

/** The list of runs. */
export function runList(): ResourceSignal<RunList> {
  list ??= resource(readRuns);
  return list;
}

/**
 * Reloads the list periodically while the page is visible, until the returned function is called.
 */
export function watchList(): () => void {
  const timer = setInterval(() => {
    const { value } = runList().value;
    const live = value.state === "failed" || (value.state === "ready" && value.value.live);
    if (live && !document.hidden) void runList().refresh();
  }, listInterval);
  return () => clearInterval(timer);
}

/** One run by its id. */
export function openRun(id: string): OpenRun {
  const known = opened.get(id);
  if (known !== undefined) return known;
  const run = createRun(id);
  opened.set(id, run);
  return run;
}

function createRun(id: string): OpenRun {
  let metrics: ResourceSignal<MetricTable> | undefined;
  let record: ResourceSignal<StoredRecord> | undefined;
  const connection = signal<Connection>("connecting");
  const known = signal<StoredRecord | undefined>(undefined);
  const view = resource(() => readRun(id));
  let viewRead = Date.now();
  const metricsOf = (): ResourceSignal<MetricTable> => {
    metrics ??= resource(() => readMetrics(id));
    return metrics;
  };
  const update = (entry: RunEntry): void => {
    const before = view.value.value;
    if (before.state === "ready") view.set({ ...before.value, ...entry });
    // A finished run has written its summary and its record.
    const ended = before.state === "ready" && before.value.state !== entry.state;
    if (ended || Date.now() - viewRead > viewInterval) {
      viewRead = Date.now();
      void view.refresh();
      if (ended) void record?.refresh();
    }
  };
  const follow = (): (() => void) => {
    let stop: (() => void) | undefined;
    let left = false;
    const start = async (): Promise<void> => {
      const table = metricsOf();
      await Promise.all([table.first, runList().first]);
      const [runs, read] = [runList().value.value, table.value.value];
      if (left) return;
      if (runs.state === "ready" && !runs.value.live) {
        connection.value = "export";
        return;
      }
      const merge = (events: readonly MetricEvent[], cursor: string): void => {
        const now = table.value.peek();
        if (now.state === "ready") table.set({ ...mergeMetrics(now.value, events), cursor });
      };
      let missed: { readonly events: readonly MetricEvent[]; readonly cursor?: string } | undefined;
      stop = followRun(id, {
        cursor: read.state === "ready" ? read.value.cursor : "",
        onMetrics: (events, cursor) => {
          if (missed === undefined) merge(events, cursor);
          else missed = { events: [...missed.events, ...events], cursor };
        },
        onReset: () => {
          // Events that arrive while the table is reloaded may be newer than the table.
          missed = { events: [] };
          void table.refresh().then(() => {
            const { events = [], cursor } = missed ?? {};
            missed = undefined;
            if (cursor !== undefined) merge(events, cursor);
          });
        },
        onState: update,
        onConnection: (connected) => {
          connection.value = connected ? "connected" : "lost";
        },
      });
    };
    void start();
    return () => {
      left = true;
      stop?.();
      connection.value = "connecting";
    };
  };
  return {
    id,
    view,
    metrics: metricsOf,
    record: () => {
      record ??= resource(async () => {
        known.value = await readRecord(id);
        return known.value;
      });
      return record;
    },
    readRecord: known,
    connection,
    follow,
  };
}
