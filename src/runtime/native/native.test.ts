/** Properties of the native runtime only. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, test } from "vitest";
import { allocate, array, type NdArray, toNumbers } from "../../graph/array.ts";
import { modelBytes, type NodeSpec } from "../models.fixture.ts";
import type { Session } from "../session.ts";
import { nativeRuntime } from "./native.ts";

const runtime = nativeRuntime();
const vector = ["float32", ["n"]] as const;
const addModel = modelBytes(
  { a: vector, b: vector },
  [{ op: "Add", inputs: ["a", "b"], outputs: ["c"], name: "sum" }],
  { c: vector },
);

/** `depth` products of a square matrix with itself: a run takes tens of milliseconds. */
function slowModel(width: number, depth: number): Uint8Array {
  const nodes: NodeSpec[] = Array.from({ length: depth }, (_, i) => ({
    op: "MatMul",
    inputs: [i === 0 ? "x" : `h${i}`, "x"],
    outputs: [i === depth - 1 ? "y" : `h${i + 1}`],
  }));
  const square = ["float32", [width, width]] as const;
  return modelBytes({ x: square }, nodes, { y: square });
}

function expectNothingAlive(): void {
  for (const [kind, count] of Object.entries(runtime.liveHandles())) {
    expect(count, kind).toBe(0);
  }
}

afterEach(expectNothingAlive);

test("an elementwise graph run in place equals the ping-pong run", async () => {
  const n = 4099; // not a multiple of any vector width
  const model = modelBytes(
    { p: vector, m: vector, g: vector, beta: ["float32", []], rate: ["float32", []] },
    [
      { op: "Mul", inputs: ["m", "beta"], outputs: ["kept"] },
      { op: "Add", inputs: ["kept", "g"], outputs: ["m2"] },
      { op: "Mul", inputs: ["m2", "rate"], outputs: ["step"] },
      { op: "Sub", inputs: ["p", "step"], outputs: ["p2"] },
    ],
    { p2: vector, m2: vector },
  );
  using session = await runtime.createSession(model, { threads: 2 });
  const filled = (f: (i: number) => number): NdArray<"float32"> => {
    const result = allocate("float32", [n]);
    for (let i = 0; i < n; i++) result.data[i] = f(i);
    return result;
  };
  const g = filled((i) => Math.sin(i));
  const settings = { g, beta: array(0.9), rate: array(0.01) };
  const p = filled((i) => i / n);
  const m = filled((i) => Math.cos(i));
  const inPlace = session.bind({ p, m, ...settings }, { p2: p, m2: m });
  let from = { p: filled((i) => i / n), m: filled((i) => Math.cos(i)) };
  let to = { p: allocate("float32", [n]), m: allocate("float32", [n]) };
  for (let step = 0; step < 5; step++) {
    await inPlace.run();
    using pingPong = session.bind({ ...from, ...settings }, { p2: to.p, m2: to.m });
    await pingPong.run();
    [from, to] = [to, from];
  }
  expect(p.data).toEqual(from.p.data);
  expect(m.data).toEqual(from.m.data);
});

test("the event loop is free during a run", async () => {
  using session = await runtime.createSession(slowModel(512, 24));
  const x = allocate("float32", [512, 512]);
  const y = allocate("float32", [512, 512]);
  using binding = session.bind({ x }, { y });
  await binding.run();
  let turns = 0;
  let running = true;
  const turn = (): void => {
    turns++;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await binding.run();
  running = false;
  expect(turns).toBeGreaterThan(20);
});

test("200 cycles of create, run and dispose leave no live handles", async () => {
  for (let cycle = 0; cycle < 200; cycle++) {
    const session = await runtime.createSession(addModel, { threads: 1 });
    const c = allocate("float32", [1]);
    const binding = session.bind({ a: array([cycle]), b: array([1]) }, { c });
    await binding.run();
    expect(c.data[0]).toBe(cycle + 1);
    binding.dispose();
    session.dispose();
  }
  expectNothingAlive();
});

test("a session disposed of during a run is freed after it", async () => {
  const session = await runtime.createSession(slowModel(256, 16));
  const x = allocate("float32", [256, 256]);
  for (let i = 0; i < 256; i++) x.data[i * 257] = 1; // the identity
  const y = allocate("float32", [256, 256]);
  const run = session.bind({ x }, { y }).run();
  session.dispose();
  expect(runtime.liveHandles().sessions).toBe(1);
  await run;
  expect(y.data).toEqual(x.data);
  expectNothingAlive();
});

test("native code reads and writes small arrays of the moving heap in place", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  using session = await runtime.createSession(addModel);
  const onHeap = (...values: number[]): NdArray<"float32"> => ({
    dtype: "float32",
    shape: [values.length],
    data: Float32Array.from(values),
  });
  const triples = Array.from({ length: 50 }, (_, i) => {
    const c = onHeap(0, 0);
    return { c, binding: session.bind({ a: onHeap(i, i), b: onHeap(1, 2) }, { c }) };
  });
  for (let round = 0; round < 4; round++) {
    collect();
    Array.from({ length: 1e4 }, () => new Float32Array(2).fill(-1));
    for (const { binding } of triples) await binding.run();
  }
  expect(triples.map(({ c }) => [...c.data])).toEqual(triples.map((_, i) => [i + 1, i + 2]));
});

test("denormals become zero in every run, on any thread", async () => {
  const n = 1 << 16;
  const model = modelBytes(
    { a: vector, b: vector },
    [{ op: "Mul", inputs: ["a", "b"], outputs: ["c"] }],
    { c: vector },
  );
  for (const threads of [1, 2]) {
    using session = await runtime.createSession(model, { threads });
    const a = allocate("float32", [n]);
    const b = allocate("float32", [n]);
    const c = allocate("float32", [n]);
    a.data.fill(1e-30);
    b.data.fill(1e-10);
    using binding = session.bind({ a, b }, { c });
    for (let run = 0; run < 8; run++) {
      c.data.fill(1);
      await binding.run();
      expect(c.data.every((x) => x === 0)).toBe(true);
    }
  }
  expect(Number.MIN_VALUE * 3).toBeGreaterThan(0); // this thread keeps its own mode
});

test("sessions with other thread counts work beside the shared pool", async () => {
  const settings = [{ threads: 2 }, { threads: 1 }, { threads: 2, spin: false }];
  const sessions: Session[] = [];
  for (const options of settings) sessions.push(await runtime.createSession(addModel, options));
  const results = await Promise.all(
    sessions.map((session, i) => session.run({ a: array([i]), b: array([i]) })),
  );
  expect(results.map(({ c }) => toNumbers(c!))).toEqual([[0], [2], [4]]);
  for (const session of sessions) session.dispose();
});

test("a failure names the operator and its place in the model", async () => {
  const explain = (node: string) => (node === "sum" ? "model.sum" : undefined);
  using session = await runtime.createSession(addModel, { explain });
  await expect(session.run({ a: array([1, 2]), b: array([1, 2, 3]) })).rejects.toThrow(
    /^operator Add failed at model\.sum: .*2 by 3$/,
  );
  const bind = (b: NdArray) =>
    session.bind({ a: array([1, 2]), b }, { c: allocate("float32", [2]) });
  using good = bind(array([1, 1]));
  using bad = bind(array([1, 2, 3]));
  await expect(runtime.runAll([good, bad])).rejects.toThrow("failed at model.sum");
});

test("a profile is a trace of the operators", async () => {
  const folder = mkdtempSync(join(tmpdir(), "moesaic-profile-"));
  try {
    using session = await runtime.createSession(addModel, { profile: join(folder, "trace") });
    await session.run({ a: array([1]), b: array([2]) });
    const file = session.endProfiling!();
    expect(file.startsWith(join(folder, "trace"))).toBe(true);
    const events = JSON.parse(readFileSync(file, "utf8")) as { args?: { op_name?: string } }[];
    expect(events.some((event) => event.args?.op_name === "Add")).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
  using plain = await runtime.createSession(addModel);
  expect(() => plain.endProfiling!()).toThrow("the session writes no profile");
});

test("a provider that the library lacks is reported", async () => {
  await expect(runtime.createSession(addModel, { provider: "cuda" })).rejects.toThrow(
    "the execution provider cuda is not available",
  );
});

test("the number of threads is validated", async () => {
  await expect(runtime.createSession(addModel, { threads: 0 })).rejects.toThrow(
    "threads must be a whole number >= 1, got 0",
  );
});

test.each(["", "process.exit(0);"])("a process with live sessions ends cleanly (%s)", (ending) => {
  const program = `
    const { nativeRuntime } = await import(${JSON.stringify(import.meta.resolve("./native.ts"))});
    const session = await nativeRuntime().createSession(new Uint8Array([${addModel}]));
    const one = { dtype: "float32", shape: [1], data: new Float32Array([1]) };
    const { c } = await session.run({ a: one, b: one });
    console.log(c.data[0]);
    ${ending}`;
  const args = ["--import", "tsx", "--input-type=module", "-e", program];
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
  });
  expect({ status, signal, stdout: stdout.trim() }, stderr).toEqual({
    status: 0,
    signal: null,
    stdout: "2",
  });
});
