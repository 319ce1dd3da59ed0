/** A profile as a trace for Perfetto (ui.perfetto.dev) or chrome://tracing: Chrome's trace events. */
import { defined } from "../../graph/defined.ts";
import { ADDED_BY_RUNTIME, type NodeTiming, type Profile } from "./profile.ts";

const process = 1;
const tracks = { passes: 1, modules: 2, nodes: 3 } as const;

/**
 * The trace as JSON: a track of passes (forward, backward, recompute), one of modules and one of
 * nodes, with the memory in use as a counter. Times are microseconds.
 */
export function profileTrace(profile: Profile, title = "training step"): string {
  const { timings } = profile;
  const events = [
    { ph: "M", pid: process, name: "process_name", args: { name: title } },
    ...Object.entries(tracks).map(([name, tid]) => ({
      ph: "M",
      pid: process,
      tid,
      name: "thread_name",
      args: { name },
    })),
    ...spans(timings, ({ phase }) => phase).map((span) => slice(tracks.passes, span, "pass")),
    ...spans(timings, moduleOf).map((span) => slice(tracks.modules, span, "module")),
    ...timings.flatMap((timing) => [nodeSlice(timing), ...memoryAfter(timing)]),
  ];
  return JSON.stringify({ displayTimeUnit: "ms", traceEvents: events });
}

interface Span {
  readonly name: string;
  readonly start: number;
  end: number;
}

/** Contiguous runs of nodes with the same name. */
function spans(timings: readonly NodeTiming[], nameOf: (timing: NodeTiming) => string): Span[] {
  const found: Span[] = [];
  for (const timing of timings) {
    const name = nameOf(timing);
    const last = found.at(-1);
    const end = timing.start + timing.duration;
    if (last?.name === name) last.end = end;
    else found.push({ name, start: timing.start, end });
  }
  return found;
}

function slice(tid: number, { name, start, end }: Span, cat: string) {
  return { ph: "X", pid: process, tid, name, cat, ts: start, dur: end - start };
}

function moduleOf({ place }: NodeTiming): string {
  return place ?? ADDED_BY_RUNTIME;
}

function nodeSlice(timing: NodeTiming) {
  const { operator, place, phase, name, start, duration, outputBytes } = timing;
  return {
    ph: "X",
    pid: process,
    tid: tracks.nodes,
    name: place === undefined || place === "" ? operator : `${operator} ${place}`,
    cat: phase,
    ts: start,
    dur: duration,
    args: { phase, node: name, ...defined({ output_bytes: outputBytes }) },
  };
}

function memoryAfter({ start, duration, bytesInUse }: NodeTiming) {
  if (bytesInUse === undefined) return [];
  const args = { bytes: bytesInUse };
  return [{ ph: "C", pid: process, name: "memory in use", ts: start + duration, args }];
}
