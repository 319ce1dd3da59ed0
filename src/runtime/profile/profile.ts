/** Summary of a session's profile: time per operator, per module of the model and per pass. */
import type { Phase } from "../../graph/graph.ts";
import { readNodeName } from "../../onnx/node-name.ts";

/** One run of one ONNX node. */
export interface NodeTiming {
  /** Name of the ONNX node. */
  readonly name: string;
  /** ONNX operator, such as `Gemm`. */
  readonly operator: string;
  /** Scope of the model function; undefined for nodes added by ONNX Runtime. */
  readonly place: string | undefined;
  readonly phase: Phase;
  /** Start since the beginning of the profile, and duration, microseconds. */
  readonly start: number;
  readonly duration: number;
  /** Bytes of intermediate values in use after the node, if reported. */
  readonly bytesInUse: number | undefined;
  /** Bytes of its results, if reported. */
  readonly outputBytes: number | undefined;
}

/** Milliseconds per run; `share` is the fraction (0-1) of the time of all nodes. */
export interface TimeShare {
  readonly name: string;
  readonly ms: number;
  readonly share: number;
  /** Nodes per run. */
  readonly nodes: number;
  readonly byPhase: Readonly<Record<Phase, number>>;
}

export interface Profile {
  /** Number of runs counted; warm-up runs are excluded. */
  readonly runs: number;
  /** Time of all nodes of a run, milliseconds. */
  readonly ms: number;
  /** By ONNX operator, slowest first. */
  readonly operators: readonly TimeShare[];
  /** By module, including submodules, in order of first execution; without the root. */
  readonly modules: readonly TimeShare[];
  readonly phases: Readonly<Record<Phase, number>>;
  /** Peak bytes of intermediate values; undefined if not reported. */
  readonly peakBytes: number | undefined;
  /** All nodes of the counted runs in chronological order. */
  readonly timings: readonly NodeTiming[];
}

/** Module name of nodes added by ONNX Runtime, such as moved transposes. */
export const ADDED_BY_RUNTIME = "(added by ONNX Runtime)";

/** The parts in use of ONNX Runtime's profile events. */
interface ProfileEvent {
  readonly cat?: unknown;
  readonly name?: unknown;
  readonly ts?: unknown;
  readonly dur?: unknown;
  readonly args?: Readonly<Record<string, unknown>>;
}

const KERNEL = "_kernel_time";

/**
 * Summarises a profile written by `SessionOptions.profile`.
 *
 * @param text the profile's JSON
 * @param options.warmUp runs to skip at the start; default 2, or 0 if there are at most 4 runs
 * @throws SyntaxError if the text is not a profile
 */
export function parseProfile(text: string, options: { readonly warmUp?: number } = {}): Profile {
  const events: unknown = JSON.parse(text);
  if (!Array.isArray(events)) throw new SyntaxError("a profile is a list of events");
  const all = events as readonly ProfileEvent[];
  const starts = all
    .filter(({ cat, name }) => cat === "Session" && name === "model_run")
    .map(({ ts }) => Number(ts))
    .sort((a, b) => a - b);
  const warmUp = Math.min(options.warmUp ?? (starts.length > 4 ? 2 : 0), starts.length - 1);
  const from = starts[warmUp] ?? 0;
  const timings = all
    .flatMap((event) => timingOf(event) ?? [])
    .filter(({ start }) => start >= from)
    .sort((a, b) => a.start - b.start);
  return summarize(timings, Math.max(1, starts.length - Math.max(0, warmUp)));
}

function timingOf({ cat, name, ts, dur, args = {} }: ProfileEvent): NodeTiming | undefined {
  if (cat !== "Node" || typeof name !== "string" || !name.endsWith(KERNEL)) return undefined;
  const node = name.slice(0, -KERNEL.length);
  const origin = readNodeName(node);
  const count = (value: unknown): number | undefined =>
    value === undefined || value === "" ? undefined : Number(value);
  return {
    name: node,
    operator: String(args.op_name ?? "unknown"),
    place: origin?.place,
    phase: origin?.phase ?? "forward",
    start: Number(ts),
    duration: Number(dur),
    bytesInUse: count(args.mem_bytes_in_use),
    outputBytes: count(args.output_size),
  };
}

function summarize(timings: readonly NodeTiming[], runs: number): Profile {
  const total = sumOver(timings) / runs;
  const shares = (groups: ReadonlyMap<string, readonly NodeTiming[]>): TimeShare[] =>
    [...groups].map(([name, members]) => {
      const ms = sumOver(members) / runs;
      const share = total === 0 ? 0 : ms / total;
      return { name, ms, share, nodes: members.length / runs, byPhase: phasesOf(members, runs) };
    });
  const byOperator = group(timings, ({ operator }) => [operator]);
  const byModule = group(timings, ({ place }) =>
    place === undefined ? [ADDED_BY_RUNTIME] : modulesOf(place),
  );
  const inUse = timings.flatMap(({ bytesInUse }) => bytesInUse ?? []);
  return {
    runs,
    ms: total,
    operators: shares(byOperator).sort((a, b) => b.ms - a.ms),
    modules: shares(byModule),
    phases: phasesOf(timings, runs),
    peakBytes: inUse.length === 0 ? undefined : inUse.reduce((a, b) => Math.max(a, b)),
    timings,
  };
}

/** The path and all its parents: `a`, `a.b` and `a.b.c` for `a.b.c`; empty for the root. */
function modulesOf(place: string): string[] {
  const parts = place === "" ? [] : place.split(".");
  return parts.map((_, i) => parts.slice(0, i + 1).join("."));
}

function group(
  timings: readonly NodeTiming[],
  namesOf: (timing: NodeTiming) => readonly string[],
): Map<string, NodeTiming[]> {
  const groups = new Map<string, NodeTiming[]>();
  for (const timing of timings) {
    for (const name of namesOf(timing)) {
      const members = groups.get(name);
      if (members === undefined) groups.set(name, [timing]);
      else members.push(timing);
    }
  }
  return groups;
}

function phasesOf(timings: readonly NodeTiming[], runs: number): Record<Phase, number> {
  const of = (phase: Phase) => sumOver(timings.filter((timing) => timing.phase === phase)) / runs;
  return { forward: of("forward"), backward: of("backward"), recompute: of("recompute") };
}

/** Milliseconds. */
function sumOver(timings: readonly NodeTiming[]): number {
  return timings.reduce((sum, { duration }) => sum + duration, 0) / 1000;
}
