/** Live updates of a run as server-sent events. */
import { setTimeout as sleep } from "node:timers/promises";
import { cursorOf, placeOf } from "./cursor.ts";
import type { FollowedRun } from "./followed-run.ts";

/** One server-sent event; `data` is JSON. */
export interface LiveMessage {
  readonly id: string;
  readonly event: "metrics" | "reset" | "state";
  readonly data: string;
}

export interface LiveOptions {
  /** The cursor of the client. */
  readonly after: string;
  /** Stops the stream. */
  readonly signal: AbortSignal;
  /** Polling interval, milliseconds. Default 400. */
  readonly interval?: number;
}

/** Maximum number of events per message. */
const MAX_EVENTS = 1000;

/**
 * Yields new events and states of a run after a cursor, and `undefined` for each poll without news.
 * Ends if the directory is removed.
 *
 * A cursor of another file, of an earlier server or of events that are thinned out starts with `reset`.
 */
export async function* liveMessages(
  run: FollowedRun,
  { after, signal, interval = 400 }: LiveOptions,
): AsyncGenerator<LiveMessage | undefined> {
  const { metrics } = run;
  await metrics.catchUp();
  let { generation } = metrics;
  let place = placeOf(after, metrics);
  let told = "";
  while (!signal.aborted && run.exists()) {
    const entry = JSON.stringify(await run.entry());
    const lost = place !== undefined && place < metrics.log.wholeFrom;
    if (place === undefined || lost || generation !== metrics.generation) {
      generation = metrics.generation;
      place = metrics.log.count;
      yield { id: cursorOf(metrics, place), event: "reset", data: "null" };
    }
    let quiet = true;
    while (
      generation === metrics.generation &&
      place >= metrics.log.wholeFrom &&
      place < metrics.log.count
    ) {
      const events = metrics.log.slice(place, MAX_EVENTS);
      place += events.length;
      quiet = false;
      yield { id: cursorOf(metrics, place), event: "metrics", data: JSON.stringify(events) };
    }
    if (entry !== told) {
      told = entry;
      quiet = false;
      yield { id: cursorOf(metrics, place), event: "state", data: entry };
    }
    if (quiet) yield undefined;
    await sleep(interval, undefined, { signal }).catch(() => undefined);
  }
}
