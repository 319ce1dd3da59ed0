/** The metrics of one run in memory, as growing columns of 24 bytes per event. */
import type { MetricEvent } from "../inspect/types/run-record.ts";

/** Identifies a metric: its name and split. */
export interface SeriesName {
  readonly split: string;
  readonly name: string;
}

export interface EventLog {
  /** Number of events. */
  readonly count: number;
  readonly names: readonly SeriesName[];
  /** Adds an event; false if the log is full. */
  add(event: MetricEvent): boolean;
  /** Up to `most` events, starting at index `from`. */
  slice(from: number, most: number): MetricEvent[];
  /** Visits all events in order. */
  forEach(visit: (series: number, step: number, value: number) => void): void;
  /** The last event, or undefined. */
  last(): MetricEvent | undefined;
}

/** Limits on events and names, far above real runs; the rest is dropped. */
const MAX_EVENTS = 4_000_000;
const MAX_NAMES = 20_000;

export function eventLog({ maxEvents = MAX_EVENTS, maxNames = MAX_NAMES } = {}): EventLog {
  const names: SeriesName[] = [];
  const places = new Map<string, number>();
  let size = 256;
  let count = 0;
  let series = new Uint16Array(size);
  let steps = new Float64Array(size);
  let values = new Float64Array(size);
  let epochs = new Float32Array(size);
  let seconds = new Float32Array(size);

  const grow = (): void => {
    size *= 2;
    [series, steps, values] = [copy(series), copy(steps), copy(values)];
    [epochs, seconds] = [copy(epochs), copy(seconds)];
  };
  const copy = <T extends Uint16Array | Float32Array | Float64Array>(column: T): T => {
    const larger = new (column.constructor as new (length: number) => T)(size);
    larger.set(column);
    return larger;
  };
  const at = (i: number): MetricEvent => ({
    step: steps[i]!,
    epoch: epochs[i]!,
    ...names[series[i]!]!,
    value: values[i]!,
    seconds: seconds[i]!,
  });

  return {
    get count() {
      return count;
    },
    names,
    add(event) {
      const key = `${event.split}\n${event.name}`;
      let place = places.get(key);
      if (count === maxEvents || (place === undefined && names.length === maxNames)) return false;
      if (place === undefined) {
        place = names.length;
        places.set(key, place);
        names.push({ split: event.split, name: event.name });
      }
      if (count === size) grow();
      series[count] = place;
      steps[count] = event.step;
      values[count] = event.value;
      epochs[count] = event.epoch;
      seconds[count] = event.seconds;
      count += 1;
      return true;
    },
    slice: (from, most) =>
      Array.from({ length: Math.max(0, Math.min(most, count - from)) }, (_, i) => at(from + i)),
    forEach(visit) {
      for (let i = 0; i < count; i++) visit(series[i]!, steps[i]!, values[i]!);
    },
    last: () => (count === 0 ? undefined : at(count - 1)),
  };
}
