/** Keeps few events of long runs, for curves. */
import type { MetricEvent } from "../../inspect/types/run-record.ts";

/** Events of one metric. */
interface Kept {
  /** Every `stride`-th event. */
  events: MetricEvent[];
  stride: number;
  seen: number;
  last: MetricEvent | undefined;
}

/**
 * The events of each metric, thinned evenly: all of them up to `limit`, and otherwise between half of
 * `limit` and `limit`, with the first and the last one. Values that are not finite are kept, up to `limit`
 * as well, because reports count them.
 *
 * @param limit events of a metric of one split; at least 2
 */
export async function thinMetrics(
  events: AsyncIterable<MetricEvent>,
  limit: number,
): Promise<MetricEvent[]> {
  const metrics = new Map<string, Kept>();
  for await (const event of events) {
    const odd = Number.isFinite(event.value) ? "" : "\nnot finite";
    const key = `${event.split}\n${event.name}${odd}`;
    let kept = metrics.get(key);
    if (kept === undefined) {
      kept = { events: [], stride: 1, seen: 0, last: undefined };
      metrics.set(key, kept);
    }
    add(kept, event, limit);
  }
  return [...metrics.values()].flatMap(({ events: own, last }) =>
    last === undefined || own.at(-1) === last ? own : [...own, last],
  );
}

function add(kept: Kept, event: MetricEvent, limit: number): void {
  kept.last = event;
  const isKept = kept.seen % kept.stride === 0;
  kept.seen += 1;
  if (!isKept) return;
  kept.events.push(event);
  if (kept.events.length < limit) return;
  kept.events = kept.events.filter((_, i) => i % 2 === 0);
  kept.stride *= 2;
}
