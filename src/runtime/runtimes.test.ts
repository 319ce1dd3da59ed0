/** One list of tests for every runtime. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allocate, array, type DType, toNumbers } from "../graph/array.ts";
import { modelBytes } from "./models.fixture.ts";
import { nativeRuntime } from "./native/native.ts";
import type { Runtime, Session } from "./session.ts";
import { webRuntime } from "./web/web.ts";

const runtimes = [
  ["native", async () => nativeRuntime()],
  ["web", () => webRuntime({ numThreads: 1 })],
] as const;

const addModel = modelBytes(
  { a: ["float32", ["n"]], b: ["float32", ["n"]] },
  [{ op: "Add", inputs: ["a", "b"], outputs: ["c"], name: "sum" }],
  { c: ["float32", ["n"]] },
);

describe.each(runtimes)("%s runtime", (_name, open) => {
  let runtime: Runtime;
  let add: Session;
  beforeAll(async () => {
    runtime = await open();
    add = await runtime.createSession(addModel, {
      explain: (node) => (node === "sum" ? "model.sum" : undefined),
    });
  });
  afterAll(() => {
    add.dispose();
    expect(Object.values(runtime.liveHandles()).every((count) => count === 0)).toBe(true);
  });

  test("names of inputs and outputs", () => {
    expect([...add.inputNames]).toEqual(["a", "b"]);
    expect([...add.outputNames]).toEqual(["c"]);
  });

  test("run returns fresh arrays", async () => {
    const { c } = await add.run({ a: array([1, 2]), b: array([3, 4]) });
    expect(c).toMatchObject({ dtype: "float32", shape: [2] });
    expect(toNumbers(c!)).toEqual([4, 6]);
  });

  test.each<[DType, number[]]>([
    ["float32", [1.5, -2]],
    ["float64", [1e-300, 3]],
    ["int64", [-5, 2 ** 40]],
    ["int32", [-7, 8]],
    ["uint8", [0, 255]],
    ["bool", [1, 0]],
  ])("%s values pass unchanged", async (dtype, values) => {
    const model = modelBytes(
      { x: [dtype, [2]] },
      [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
      { y: [dtype, [2]] },
    );
    using session = await runtime.createSession(model);
    const x = array(values, dtype);
    const { y } = await session.run({ x });
    expect(y).toEqual(x);
    const bound = allocate(dtype, [2]);
    using binding = session.bind({ x }, { y: bound });
    await binding.run();
    expect(bound.data).toEqual(x.data);
  });

  test("shapes known only at run time, empty results and scalars", async () => {
    const model = modelBytes(
      { mask: ["bool", ["n"]], x: ["float32", []] },
      [
        { op: "NonZero", inputs: ["mask"], outputs: ["where"] },
        { op: "Neg", inputs: ["x"], outputs: ["y"] },
      ],
      { where: ["int64", [1, "found"]], y: ["float32", []] },
    );
    using session = await runtime.createSession(model);
    const x = array(3);
    const some = await session.run({ mask: array([0, 1, 1], "bool"), x });
    expect(some.where!.shape).toEqual([1, 2]);
    expect(toNumbers(some.where!)).toEqual([1, 2]);
    expect(some.y).toEqual(array(-3));
    const none = await session.run({ mask: array([0, 0], "bool"), x });
    expect(none.where!.shape).toEqual([1, 0]);
    expect(none.where!.data.length).toBe(0);
    const empty = await session.run({ mask: allocate("bool", [0]), x }, ["where"]);
    expect(Object.keys(empty)).toEqual(["where"]);
    expect(empty.where!.shape).toEqual([1, 0]);
  });

  test("a binding reads its inputs' memory and fills its outputs'", async () => {
    const a = array([1, 2, 3]);
    const c = allocate("float32", [3]);
    using binding = add.bind({ a, b: array([10, 20, 30]) }, { c });
    await binding.run();
    expect(toNumbers(c)).toEqual([11, 22, 33]);
    a.data[0] = 5;
    await binding.run();
    expect(toNumbers(c)).toEqual([15, 22, 33]);
  });

  test("rebind uses other memory, also of another shape", async () => {
    const c = allocate("float32", [2]);
    using binding = add.bind({ a: array([1, 2]), b: array([1, 1]) }, { c });
    await binding.run();
    const longer = allocate("float32", [3]);
    binding.rebind("a", array([1, 2, 3]));
    binding.rebind("b", array([4, 5, 6]));
    binding.rebind("c", longer);
    await binding.run();
    expect(toNumbers(longer)).toEqual([5, 7, 9]);
    expect(toNumbers(c)).toEqual([2, 3]);
    expect(() => binding.rebind("a", array([1], "int32"))).toThrow("is float32");
    expect(() => binding.rebind("d", array([1]))).toThrow('no output "d"; its outputs are c');
  });

  test("runAll runs bindings in order, each with the results of earlier ones", async () => {
    const x = array([1]);
    const y = allocate("float32", [1]);
    const z = allocate("float32", [1]);
    using first = add.bind({ a: x, b: x }, { c: y });
    using second = add.bind({ a: y, b: y }, { c: z });
    await runtime.runAll([first, second]);
    expect(z.data[0]).toBe(4);
    await runtime.runAll([]);
  });

  test("wrong names, types and shapes are refused with the existing ones", async () => {
    const fixed = modelBytes(
      { x: ["float32", [2, 3]] },
      [{ op: "Neg", inputs: ["x"], outputs: ["y"] }],
      { y: ["float32", [2, 3]] },
    );
    using session = await runtime.createSession(fixed);
    const x = allocate("float32", [2, 3]);
    await expect(session.run({})).rejects.toThrow("no array was given for input x");
    await expect(session.run({ x, z: x })).rejects.toThrow('no input "z"; its inputs are x');
    await expect(session.run({ x }, ["w"])).rejects.toThrow('no output "w"; its outputs are y');
    await expect(session.run({ x: allocate("int64", [2, 3]) })).rejects.toThrow(
      'input "x" is float32, but the array given is int64',
    );
    await expect(session.run({ x: allocate("float32", [3, 2]) })).rejects.toThrow(
      'input "x" has shape [2, 3], but the array given has [3, 2]',
    );
    const short = { dtype: "float32", shape: [2, 3], data: new Float32Array(4) } as const;
    await expect(session.run({ x: short })).rejects.toThrow("needs 6 elements");
    expect(() => session.bind({ x }, { y: allocate("float64", [2, 3]) })).toThrow(
      'output "y" is float32',
    );
    expect(() => session.bind({ x }, {})).toThrow("at least one output; the session has y");
  });

  test("an output of the wrong run-time size is refused and the binding stays usable", async () => {
    const c = allocate("float32", [3]);
    using binding = add.bind({ a: array([1, 2]), b: array([1, 1]) }, { c });
    await expect(binding.run()).rejects.toThrow();
    const right = allocate("float32", [2]);
    binding.rebind("c", right);
    await binding.run();
    expect(toNumbers(right)).toEqual([2, 3]);
  });

  test("a failing graph gives the reason", async () => {
    await expect(add.run({ a: array([1, 2]), b: array([1, 2, 3]) })).rejects.toThrow("2 by 3");
  });

  test("each binding runs once at a time", async () => {
    using binding = add.bind({ a: array([1]), b: array([1]) }, { c: allocate("float32", [1]) });
    const first = binding.run();
    await expect(binding.run()).rejects.toThrow("the binding is running");
    expect(() => binding.rebind("a", array([2]))).toThrow("during a run");
    await first;
    await binding.run();
  });

  test("disposing twice is harmless, and later use is refused", async () => {
    const session = await runtime.createSession(addModel);
    const binding = session.bind({ a: array([1]), b: array([1]) }, { c: allocate("float32", [1]) });
    binding.dispose();
    binding.dispose();
    await expect(binding.run()).rejects.toThrow("the binding was disposed of");
    const forgotten = session.bind(
      { a: array([1]), b: array([1]) },
      { c: allocate("float32", [1]) },
    );
    session.dispose();
    session.dispose();
    await expect(forgotten.run()).rejects.toThrow("was disposed of");
    await expect(session.run({})).rejects.toThrow("the session was disposed of");
    expect(() => session.bind({}, {})).toThrow("the session was disposed of");
  });

  test("bytes without a model are refused", async () => {
    await expect(runtime.createSession(new Uint8Array([1, 2, 3]))).rejects.toThrow(
      "the model cannot be loaded",
    );
  });

  test("an unknown provider is refused", async () => {
    const provider = runtime.name === "web" ? "cuda" : "wasm";
    await expect(runtime.createSession(addModel, { provider })).rejects.toThrow(
      `no provider "${provider}"`,
    );
  });
});
