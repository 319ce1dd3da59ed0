/** Places in the metrics of a run, as `Last-Event-ID` tells them. */
import type { MetricsFollower } from "./metrics-follower.ts";

/** The place after the last event that was read. */
export function cursorOf({ generation, log }: MetricsFollower, place: number = log.count): string {
  return `${generation}-${place}`;
}

/** The events before a cursor; undefined where it is of another file, or of another server. */
export function placeOf(cursor: string, { generation, log }: MetricsFollower): number | undefined {
  const [, known, digits] = /^([0-9a-f]{12})-(\d{1,9})$/.exec(cursor) ?? [];
  const place = Number(digits);
  return known === generation && place <= log.count ? place : undefined;
}
