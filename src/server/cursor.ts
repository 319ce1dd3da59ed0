/** Cursors into the metrics of a run, as sent in `Last-Event-ID`. */
import type { MetricsFollower } from "./metrics-follower.ts";

/** The cursor after the last event read. */
export function cursorOf({ generation, log }: MetricsFollower, place: number = log.count): string {
  return `${generation}-${place}`;
}

/** Number of events before a cursor; undefined if it belongs to another file or server. */
export function placeOf(cursor: string, { generation, log }: MetricsFollower): number | undefined {
  const [, known, digits] = /^([0-9a-f]{12})-(\d{1,9})$/.exec(cursor) ?? [];
  const place = Number(digits);
  return known === generation && place <= log.count ? place : undefined;
}
