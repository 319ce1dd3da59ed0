/**
 * `routers`: the cost of routing, dispatch and combine, as a fraction of the layer's time. The peer is the
 * same experts alone, forward and backward, on the row counts that routing gave them.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gradients } from "../src/autodiff/gradients.ts";
import { allocate, type NdArray } from "../src/graph/array.ts";
import type { Tensor } from "../src/graph/graph.ts";
import { input } from "../src/graph/inputs.ts";
import { parseMoe } from "../src/moe/config.ts";
import { createMoe } from "../src/moe/create-moe.ts";
import { feedForward } from "../src/moe/experts.ts";
import { createScope, type Scope, type Trace } from "../src/nn/scope.ts";
import { emitModel } from "../src/onnx/emit.ts";
import { add, mul } from "../src/ops/arithmetic.ts";
import { reduceSum } from "../src/ops/reduce.ts";
import { foldIn, key, normal, uniform } from "../src/random/index.ts";
import { nativeRuntime } from "../src/runtime/native/native.ts";
import { readProfile } from "../src/runtime/profile/file.ts";
import type { Profile } from "../src/runtime/profile/profile.ts";
import type { SessionOptions } from "../src/runtime/session.ts";
import type { BenchArguments } from "./arguments.ts";
import { median } from "./median.ts";
import { threads } from "./ours.ts";
import { type RoutedCase, routedCases, sizes } from "./routers-cases.ts";
import { makeRow, type Row } from "./row.ts";

/** Warm-up runs, and timed runs of each side, which alternate. */
const warmUp = 3;
const defaultRuns = 15;
const profiledRuns = 7;
const defaultWidth = 256;

/** A graph in memory that runs forward and backward. */
interface Timed {
  readonly outputs: Readonly<Record<string, NdArray>>;
  run(): Promise<void>;
  /** Name of the profile's file, if the session's options requested one. */
  endProfiling(): string;
  dispose(): void;
}

export async function routers(args: BenchArguments, log: (line: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  for (const width of args.widths ?? [defaultWidth]) {
    const { methods = "" } = args;
    for (const routed of routedCases().filter(({ name }) => name.includes(methods))) {
      log(`routers: width ${width}, ${routed.name}`);
      rows.push(await measure(routed, width, args.runs ?? defaultRuns));
    }
  }
  return rows;
}

async function measure(routed: RoutedCase, width: number, runs: number): Promise<Row> {
  const layer = await timed((scope) => wholeLayer(scope, routed, width));
  try {
    await layer.run();
    const counts = Array.from(layer.outputs["moe.counts"]!.data as BigInt64Array, Number);
    const experts = await timed((scope) => expertsAlone(scope, counts, width));
    try {
      const [mine, theirs] = await takeTurns([layer, experts], runs);
      const { experts: E } = routed;
      const head = {
        bench: "routers",
        case: `${routed.name}, E=${E}, ${sizes.tokens} tokens, ${total(counts)} rows, width ${width}`,
        peer: "experts alone",
        version: null,
      };
      const outcome = (ms: number) => ({ ms, losses: [] });
      const row = makeRow(head, outcome(mine!), outcome(theirs!));
      const note = partsOf(await profiled((scope) => wholeLayer(scope, routed, width)));
      return { ...row, share: shareOf(mine!, theirs!), note };
    } finally {
      experts.dispose();
    }
  } finally {
    layer.dispose();
  }
}

/** Fraction (0-1) of the layer's time outside the experts. */
function shareOf(layer: number, experts: number): number {
  return Number((1 - experts / layer).toFixed(4));
}

/** Times of single operators: the shares of routing and of moving tokens. */
function partsOf({ ms, timings, runs }: Profile): string {
  const part = (belongs: (place: string) => boolean): string => {
    const own = timings.filter(({ place = "" }) => belongs(place));
    const sum = own.reduce((time, { duration }) => time + duration / 1000, 0);
    return `${((100 * sum) / runs / ms).toFixed(1)} %`;
  };
  const isRouter = (place: string) => place.startsWith("moe.router");
  const isExpert = (place: string) => place.startsWith("moe.experts.");
  return `operators: router ${part(isRouter)}, dispatch, combine and losses ${part((place) => !isRouter(place) && !isExpert(place))}`;
}

/** Profiles a few runs in a separate session, because profiling costs time. */
async function profiled(trace: (scope: Scope) => Traced): Promise<Profile> {
  const folder = mkdtempSync(join(tmpdir(), "moesaic-routers-"));
  try {
    const one = await timed(trace, { profile: join(folder, "profile") });
    try {
      for (let run = 0; run < profiledRuns; run++) await one.run();
      return await readProfile(one.endProfiling());
    } finally {
      one.dispose();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Median milliseconds of each graph. */
async function takeTurns(sides: readonly Timed[], runs: number): Promise<number[]> {
  const ms = sides.map((): number[] => []);
  for (let round = -warmUp; round < runs; round++) {
    for (const [i, side] of sides.entries()) {
      const start = performance.now();
      await side.run();
      if (round >= 0) ms[i]!.push(performance.now() - start);
    }
  }
  return ms.map(median);
}

interface Traced {
  /** The function to differentiate, with respect to all parameters and `wrt`. */
  readonly loss: Tensor;
  readonly wrt: readonly Tensor[];
}

function wholeLayer(scope: Scope, { experts, moe }: RoutedCase, width: number): Traced {
  const x = rowsIn(scope, "x", sizes.tokens, width);
  const settings = parseMoe({ ...moe, num_experts: experts });
  const layer = createMoe(settings, { width, numTokens: sizes.sequence });
  return { loss: against(layer.apply(scope.child("moe"), x), "dy"), wrt: [x] };
}

function expertsAlone(scope: Scope, counts: readonly number[], width: number): Traced {
  const rows = counts.map((count, e) => rowsIn(scope, `x${e}`, Math.max(1, count), width));
  const losses = rows.map((x, e) =>
    against(feedForward(scope.child("experts").child(e), x, { hiddenWidth: 4 * width }), `dy${e}`),
  );
  return { loss: losses.reduce(add), wrt: rows };
}

function rowsIn({ graph }: Scope, name: string, count: number, width: number): Tensor {
  return input(graph, name, { dtype: "float32", shape: [count, width] });
}

/** The dot product with a given gradient, so that the backward pass starts from that gradient. */
function against(y: Tensor, name: string): Tensor {
  return reduceSum(mul(y, input(y.graph, name, { dtype: y.dtype, shape: y.shape })));
}

async function timed(
  trace: (scope: Scope) => Traced,
  options: SessionOptions = {},
): Promise<Timed> {
  const { scope, trace: traced } = createScope({ training: true });
  const { loss, wrt } = trace(scope);
  const total = [...traced.auxiliaries.values()].reduce(
    (sum, each) => add(sum, mul(each.loss, each.weight as number)),
    loss,
  );
  const all = [...wrt, ...[...traced.parameters.values()].map(({ tensor }) => tensor)];
  const slopes = gradients(total, all);
  const counts = traced.taps.get("moe.counts");
  const model = emitModel({
    loss,
    ...Object.fromEntries(slopes.map((slope, i) => [`gradient ${i}`, slope])),
    ...Object.fromEntries([...traced.updates].map(([name, next]) => [`next ${name}`, next])),
    ...(counts && { "moe.counts": counts }),
  });
  const session = await nativeRuntime().createSession(model.bytes, { threads, ...options });
  const inputs: Record<string, NdArray> = {};
  for (const { name, dtype, shape } of model.inputs) {
    inputs[name] = allocate(dtype, shape as readonly number[]);
    fill(inputs[name], name, traced);
  }
  const outputs: Record<string, NdArray> = {};
  for (const { name, tensor } of model.outputs) {
    outputs[name] = allocate(tensor.dtype, tensor.shape as readonly number[]);
  }
  const binding = session.bind(inputs, outputs);
  return {
    outputs,
    run: () => binding.run(),
    endProfiling: () => session.endProfiling!(),
    dispose: () => {
      binding.dispose();
      session.dispose();
    },
  };
}

/** Parameters at initialisation; other inputs are random. */
function fill(
  { data, shape }: NdArray,
  name: string,
  { parameters, states, randoms }: Trace,
): void {
  if (!(data instanceof Float32Array)) throw new Error(`unexpected type of the input ${name}`);
  const seed = foldIn(key(0), name);
  const spec = parameters.get(name) ?? states.get(name);
  if (spec !== undefined) data.set(spec.init(seed, shape));
  else if (randoms.get(name)?.distribution === "uniform") uniform(seed, data);
  else normal(seed, data);
}
