/**
 * The metrics of one run in bounded memory: columns of 38 bytes per event, whose older part is thinned
 * by doubling strides.
 */
import type { MetricEvent } from "../inspect/types/run-record.ts";

/** A metric of a split, and how many of its values were added. */
export interface LoggedSeries {
  readonly split: string;
  readonly name: string;
  readonly count: number;
  /** Number of NaN or infinite values among them. */
  readonly nonFinite: number;
}

export interface EventLog {
  /** Number of events added. */
  readonly count: number;
  /** All events from this index on are held; of earlier ones some may be thinned out. */
  readonly wholeFrom: number;
  readonly series: readonly LoggedSeries[];
  /** Adds an event; false if it belongs to one series too many. */
  add(event: MetricEvent): boolean;
  /** Up to `most` events, starting at index `from`, which is at least `wholeFrom`. */
  slice(from: number, most: number): MetricEvent[];
  /** Visits the events that are held, in order. */
  forEach(visit: (series: number, step: number, value: number) => void): void;
  /** The last event, or undefined. */
  last(): MetricEvent | undefined;
}

export interface EventLogOptions {
  /** Events held at most. */
  readonly maxEvents?: number;
  /** Series at most. */
  readonly maxSeries?: number;
  /** Number of events of a series from which its older ones are thinned. */
  readonly pointsPerSeries?: number;
}

interface Counts {
  readonly split: string;
  readonly name: string;
  count: number;
  nonFinite: number;
}

/**
 * An empty log.
 *
 * If it is full, its last quarter stays whole. Of the earlier events of the training split, every
 * second, fourth, eighth ... of each series is held, with its first, its last and, up to the same
 * number, those that are not finite. Events of other splits are thinned only if they fill the log.
 */
export function eventLog({
  maxEvents = 2_000_000,
  maxSeries = 20_000,
  pointsPerSeries = 4096,
}: EventLogOptions = {}): EventLog {
  const seriesLimit = Math.min(maxSeries, Math.floor(maxEvents / 16), 2 ** 16);
  const series: Counts[] = [];
  const places = new Map<string, number>();
  let size = Math.min(256, maxEvents);
  let held = 0;
  /** Events before the part that is whole. */
  let sparse = 0;
  let count = 0;
  let owners = new Uint16Array(size);
  let steps = new Float64Array(size);
  let values = new Float64Array(size);
  let seconds = new Float64Array(size);
  let epochs = new Float64Array(size);
  /** The index of each event in its series. */
  let indices = new Uint32Array(size);
  const columns = () => [owners, steps, values, seconds, epochs, indices] as const;

  const grow = (): void => {
    size = Math.min(maxEvents, size * 2);
    const copy = <T extends ReturnType<typeof columns>[number]>(column: T): T => {
      const larger = new (column.constructor as new (length: number) => T)(size);
      larger.set(column);
      return larger;
    };
    [owners, steps, values] = [copy(owners), copy(steps), copy(values)];
    [seconds, epochs, indices] = [copy(seconds), copy(epochs), copy(indices)];
  };

  const remains = (i: number, every: boolean): boolean => {
    const { split, count: total, nonFinite } = series[owners[i]!]!;
    if (split !== "train" && !every) return true;
    const limit = Math.min(pointsPerSeries, Math.max(2, maxEvents / 4 / series.length));
    const index = indices[i]!;
    if (index === total - 1 || index % strideOf(total, limit) === 0) return true;
    return !Number.isFinite(values[i]) && nonFinite <= limit;
  };
  /** Thins the events before the position `end`. */
  const thin = (end: number, every: boolean): void => {
    let kept = 0;
    const all = columns();
    const move = (i: number): void => {
      for (const column of all) column[kept] = column[i]!;
      kept += 1;
    };
    for (let i = 0; i < end; i++) if (remains(i, every)) move(i);
    sparse = kept;
    for (let i = end; i < held; i++) move(i);
    held = kept;
  };
  const makeRoom = (): void => {
    const tail = Math.floor(maxEvents / 4);
    thin(held - tail, false);
    if (held > maxEvents - tail) thin(held - tail, true);
  };

  const at = (i: number): MetricEvent => {
    const { split, name } = series[owners[i]!]!;
    const [step, epoch] = [steps[i]!, epochs[i]!];
    return { step, epoch, split, name, value: values[i]!, seconds: seconds[i]! };
  };
  const wholeFrom = (): number => (sparse === 0 ? 0 : count - (held - sparse));

  return {
    get count() {
      return count;
    },
    get wholeFrom() {
      return wholeFrom();
    },
    series,
    add({ step, epoch, split, name, value, seconds: time }) {
      const key = `${split}\n${name}`;
      let place = places.get(key);
      if (place === undefined) {
        if (series.length >= seriesLimit) return false;
        place = series.length;
        places.set(key, place);
        series.push({ split, name, count: 0, nonFinite: 0 });
      }
      if (held === maxEvents) makeRoom();
      else if (held === size) grow();
      const counts = series[place]!;
      [owners[held], steps[held], values[held]] = [place, step, value];
      [seconds[held], epochs[held], indices[held]] = [time, epoch, counts.count];
      counts.count += 1;
      if (!Number.isFinite(value)) counts.nonFinite += 1;
      held += 1;
      count += 1;
      return true;
    },
    slice(from, most) {
      const start = from - wholeFrom() + sparse;
      return Array.from({ length: Math.max(0, Math.min(most, held - start)) }, (_, i) =>
        at(start + i),
      );
    },
    forEach(visit) {
      for (let i = 0; i < held; i++) visit(owners[i]!, steps[i]!, values[i]!);
    },
    last: () => (held === 0 ? undefined : at(held - 1)),
  };
}

/** The smallest power of two of which at most `limit` multiples lie below `count`. */
function strideOf(count: number, limit: number): number {
  let stride = 1;
  while (count > stride * limit) stride *= 2;
  return stride;
}
