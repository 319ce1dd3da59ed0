import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { blockSegments } from "../../autodiff/checkpoint.ts";
import { gradients } from "../../autodiff/gradients.ts";
import { allocate } from "../../graph/array.ts";
import type { Phase } from "../../graph/graph.ts";
import { input } from "../../graph/inputs.ts";
import { linear } from "../../nn/linear.ts";
import { createScope } from "../../nn/scope.ts";
import { emitModel } from "../../onnx/emit.ts";
import { relu } from "../../ops/activation.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { nativeRuntime } from "../native/native.ts";
import { readProfile } from "./file.ts";
import { ADDED_BY_RUNTIME, type Profile, parseProfile } from "./profile.ts";
import { profileTable } from "./table.ts";
import { profileTrace } from "./trace.ts";

let folder: string;
let path: string;
let profile: Profile;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "moesaic-profile-"));
  const { scope, trace } = createScope({ training: true });
  const x = input(trace.graph, "x", { dtype: "float32", shape: [8, 16] });
  let y = x;
  for (let i = 0; i < 2; i++) y = relu(linear(scope.child("blocks").child(i).child("fc"), y, 16));
  const loss = reduceSum(linear(scope.child("head"), y, 4));
  const parameters = [...trace.parameters.values()];
  const grads = gradients(
    loss,
    parameters.map(({ tensor }) => tensor),
    { checkpoint: blockSegments },
  );
  const model = emitModel(
    Object.fromEntries(grads.map((grad, i) => [`d_${parameters[i]!.name}`, grad])),
  );
  const session = await nativeRuntime().createSession(model.bytes, {
    profile: join(folder, "tiny"),
  });
  const feeds = Object.fromEntries(
    model.inputs.map(({ name, shape }) => [name, allocate("float32", shape as number[])]),
  );
  for (let run = 0; run < 5; run++) await session.run(feeds);
  path = session.endProfiling!();
  session.dispose();
  profile = await readProfile(path);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test("the first two of five runs are excluded, and times add up", () => {
  expect(profile.runs).toBe(3);
  expect(profile.ms).toBeGreaterThan(0);
  const { forward, backward, recompute } = profile.phases;
  expect(Math.min(forward, backward, recompute)).toBeGreaterThan(0);
  expect(forward + backward + recompute).toBeCloseTo(profile.ms, 9);
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  expect(sum(profile.operators.map(({ ms }) => ms))).toBeCloseTo(profile.ms, 9);
  expect(sum(profile.operators.map(({ share }) => share))).toBeCloseTo(1, 9);
  expect(profile.peakBytes).toBeGreaterThanOrEqual(8 * 16 * 4);
});

test("operators and modules are distinguished, with the pass of each node", () => {
  const gemms = (phase: Phase) =>
    profile.timings.filter(
      ({ operator, place, phase: of }) =>
        operator.includes("Gemm") && of === phase && place!.startsWith("blocks."),
    ).length / profile.runs;
  expect(gemms("forward")).toBe(2);
  expect(gemms("recompute")).toBe(2);
  expect(gemms("backward")).toBe(3); // two of the weights, and one of the upper layer's input
  const module = (name: string) => profile.modules.find((entry) => entry.name === name)!;
  expect(module("blocks").ms).toBeCloseTo(module("blocks.0").ms + module("blocks.1").ms, 9);
  expect(module("blocks.0.fc").byPhase.recompute).toBeGreaterThan(0);
  expect(module("head").byPhase.recompute).toBe(0);
  expect(module("head").byPhase.backward).toBeGreaterThan(0);
});

test("the trace is JSON with readable names, in order and without negative times", () => {
  const { traceEvents } = JSON.parse(profileTrace(profile, "tiny model")) as {
    traceEvents: { ph: string; name: string; ts?: number; dur?: number; cat?: string }[];
  };
  expect(traceEvents.some(({ ph, name }) => ph === "M" && name === "process_name")).toBe(true);
  const slices = traceEvents.filter(({ ph }) => ph === "X");
  expect(slices.every(({ ts, dur }) => ts! > 0 && dur! >= 0)).toBe(true);
  const names = new Set(slices.map(({ name }) => name));
  for (const name of ["forward", "backward", "recompute", "blocks.1.fc", "Gemm blocks.0.fc"]) {
    expect(names).toContain(name);
  }
  expect(traceEvents.some(({ ph, name }) => ph === "C" && name === "memory in use")).toBe(true);
});

test("the table names operators, modules and passes", () => {
  const text = profileTable(profile);
  expect(text).toMatch(/ms per run over 3 runs: forward \d/);
  expect(text).toMatch(/^operator +ms +share +nodes +forward +backward +recomputed$/m);
  expect(text).toMatch(/^Gemm +\d+\.\d\d +\d+\.\d %/m);
  expect(text).toMatch(/^blocks\.0\.fc +\d/m);
  expect(profileTable(profile, { depth: 1 })).not.toMatch(/blocks\.0/);
});

test("a hand-computed profile", () => {
  const node = (name: string, operator: string, ts: number, dur: number) => ({
    cat: "Node",
    name: `${name}_kernel_time`,
    ts,
    dur,
    args: { op_name: operator, output_size: "4", mem_bytes_in_use: String(dur) },
  });
  const run = (ts: number) => ({ cat: "Session", name: "model_run", ts, dur: 10 });
  const { ms, modules, operators, phases, peakBytes } = parseProfile(
    JSON.stringify([
      node("a.b/mul#1:0", "Mul", 11, 2000),
      node("a/backward/mul#2:1", "Mul", 12, 1000),
      node("Transpose_token_3", "Transpose", 13, 1000),
      run(10),
      { cat: "Node", name: "a.b/mul#1:0_fence_before", ts: 11, dur: 9, args: {} },
    ]),
  );
  expect(ms).toBe(4);
  expect(modules.map(({ name, ms }) => [name, ms])).toEqual([
    ["a", 3],
    ["a.b", 2],
    [ADDED_BY_RUNTIME, 1],
  ]);
  expect(operators.map(({ name, share }) => [name, share])).toEqual([
    ["Mul", 0.75],
    ["Transpose", 0.25],
  ]);
  expect(phases).toEqual({ forward: 3, backward: 1, recompute: 0 });
  expect(peakBytes).toBe(2000);
});

test("too large files and invalid profiles are refused", async () => {
  const other = join(folder, "other.json");
  await writeFile(other, "[{");
  await expect(readProfile(other)).rejects.toThrow(
    /not a profile of ONNX Runtime: .*end the profile/,
  );
  await writeFile(other, "{}");
  await expect(readProfile(other)).rejects.toThrow(/a profile is a list of events/);
  await truncate(other, 500 * 2 ** 20); // a sparse file: its bytes are not on the disk
  await expect(readProfile(other)).rejects.toThrow(/524288000 bytes.*profile fewer steps/);
});
