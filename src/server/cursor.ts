/** Cursors into the metrics of a run, as sent in `Last-Event-ID`. */
import type { MetricsFollower } from "./metrics-follower.ts";

/** The parts of a follower that identify an event. */
type Position = Pick<MetricsFollower, "generation" | "log">;

/** The cursor after the last event read. */
export function cursorOf({ generation, log }: Position, place: number = log.count): string {
  return `${generation}-${place}`;
}

/**
 * Number of events before a cursor; undefined if it belongs to another file or server, or if events
 * after it are thinned out.
 */
export function placeOf(cursor: string, { generation, log }: Position): number | undefined {
  const [, known, digits] = /^([0-9a-f]{12})-(\d{1,9})$/.exec(cursor) ?? [];
  const place = Number(digits);
  return known === generation && place >= log.wholeFrom && place <= log.count ? place : undefined;
}
