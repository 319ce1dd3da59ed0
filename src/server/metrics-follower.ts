/** Follows a growing `metrics.jsonl`, reading only new bytes. */
import { randomBytes } from "node:crypto";
import { MAX_LINE, parseEvent } from "../runs/metrics/metric-lines.ts";
import { type EventLog, eventLog } from "./event-log.ts";
import { type OpenedFile, openInside } from "./inside.ts";

/** Bytes read and parsed per chunk, between which the event loop runs. */
const CHUNK = 2 ** 17;
/** Bytes before the read position that identify the file, to detect rewriting. */
const TAIL = 64;

export interface MetricsFollower {
  /** The events read so far; replaced if `generation` changes. */
  readonly log: EventLog;
  /** Changes if the file is replaced or truncated, which invalidates earlier events. */
  readonly generation: string;
  /** Number of invalid lines. */
  readonly badLines: number;
  /** Modification time of the file, milliseconds since 1970; 0 if it does not exist. */
  readonly modified: number;
  /**
   * Reads new events.
   *
   * @param until deadline (`performance.now()`)
   * @returns whether the end of the file was reached
   */
  catchUp(until?: number): Promise<boolean>;
}

/** Follows the metrics of a run directory, which may not exist yet. */
export function followMetrics(run: string): MetricsFollower {
  let state = freshState();
  let running: Promise<boolean> | undefined;

  const read = async (until: number): Promise<boolean> => {
    await using file = await openInside(run, "metrics.jsonl");
    if (file === undefined) {
      if (state.offset > 0) state = freshState();
      state.modified = 0;
      return true;
    }
    const { size, modified, identity } = file;
    const untouched =
      identity === state.identity && size === state.offset && modified === state.modified;
    if (untouched) return true;
    if (state.offset > 0 && !(await goesOn(file, state))) state = freshState();
    state.identity = identity;
    state.modified = modified;
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(TAIL, size - state.offset)));
    while (state.offset < size) {
      if (performance.now() > until) return false;
      const { bytesRead } = await file.handle.read(chunk, 0, chunk.length, state.offset);
      if (bytesRead === 0) return true;
      takeBytes(state, chunk.subarray(0, bytesRead));
    }
    return true;
  };

  return {
    get log() {
      return state.log;
    },
    get generation() {
      return state.generation;
    },
    get badLines() {
      return state.badLines;
    },
    get modified() {
      return state.modified;
    },
    async catchUp(until = Number.POSITIVE_INFINITY) {
      // One reader at a time; callers with a later deadline continue after it.
      if (running !== undefined && until < Number.POSITIVE_INFINITY) return false;
      while (running !== undefined) await running.catch(() => false);
      running = read(until);
      try {
        return await running;
      } finally {
        running = undefined;
      }
    },
  };
}

interface State {
  readonly generation: string;
  readonly log: EventLog;
  identity: string;
  modified: number;
  /** Read position, bytes. */
  offset: number;
  /** The last bytes before it. */
  tail: Buffer;
  /** The start of an incomplete line. */
  carry: Buffer;
  /** Whether the rest of an overlong line is being skipped. */
  skipping: boolean;
  badLines: number;
}

function freshState(): State {
  return {
    generation: randomBytes(6).toString("hex"),
    log: eventLog(),
    identity: "",
    modified: 0,
    offset: 0,
    tail: Buffer.alloc(0),
    carry: Buffer.alloc(0),
    skipping: false,
    badLines: 0,
  };
}

/** Whether the file is the same and has only grown. */
async function goesOn(file: OpenedFile, { identity, offset, tail }: State): Promise<boolean> {
  if (file.identity !== identity || file.size < offset) return false;
  const found = Buffer.alloc(tail.length);
  await file.handle.read(found, 0, tail.length, offset - tail.length);
  return found.equals(tail);
}

function takeBytes(state: State, bytes: Buffer): void {
  state.offset += bytes.length;
  const recent = Buffer.concat([state.tail, bytes.subarray(-TAIL)]);
  state.tail = Buffer.from(recent.subarray(-TAIL));
  const end = bytes.lastIndexOf(10) + 1;
  if (end > 0) {
    const whole = Buffer.concat([state.carry, bytes.subarray(0, end)]).toString("utf8");
    const lines = whole.split("\n");
    lines.pop(); // the incomplete line at the end
    for (const line of state.skipping ? lines.slice(1) : lines) takeLine(state, line);
    state.skipping = false;
    state.carry = Buffer.from(bytes.subarray(end));
  } else if (!state.skipping) {
    state.carry = Buffer.concat([state.carry, bytes]);
  }
  if (state.carry.length > MAX_LINE) {
    state.badLines += 1;
    state.skipping = true;
    state.carry = Buffer.alloc(0);
  }
}

function takeLine(state: State, line: string): void {
  if (line === "") return;
  const event = line.length > MAX_LINE ? undefined : parseEvent(line);
  if (event === undefined || !state.log.add(event)) state.badLines += 1;
}
