import { describe, expect, test } from "vitest";
import type * as z from "zod";
import { fromSnakeCase } from "../config/case.ts";
import { array, type NdArray, toNumbers } from "../graph/array.ts";
import { batch, type Dim } from "../graph/shape.ts";
import { normalArray, runScoped } from "../nn/scope.fixture.ts";
import { defaultDispatcher, supports } from "./compatibility.ts";
import { type moeSchema, parseMoe } from "./config.ts";
import { routerRequirements } from "./context.ts";
import { createMoe } from "./create-moe.ts";
import { dispatchers } from "./dispatch/config.ts";
import { auxiliaryLosses } from "./losses/index.ts";
import type { RouterDefinition } from "./routers/define.ts";
import { routers } from "./routers/index.ts";
import type { MoeSettings } from "./settings.ts";

type Input = z.input<typeof moeSchema>;

const [B, S, D, E] = [4, 6, 8, 4] as const;
const N = B * S;
const x = normalArray("x", [N, D]);
const context = { width: D, numTokens: S, vocabularySize: 10 };
const words = array(
  Array.from({ length: N }, (_, n) => n % 10),
  "int64",
);

/** The example of a router that provides the most quantities to losses. */
function routerOf({ name, schema, examples, gives, lacks }: RouterDefinition): Input["router"] {
  const { picture, variants = [], forms = [] } = examples;
  const given = (settings: object): number => {
    const missing = lacks?.(fromSnakeCase(schema.parse({ name, ...settings }))) ?? {};
    return gives.filter((ingredient) => missing[ingredient] === undefined).length;
  };
  const all = [picture, ...variants, ...forms].map(({ settings }) => settings as object);
  const best = all.reduce((most, own) => (given(own) > given(most) ? own : most));
  const two = { num_selected_experts: 2 };
  const counts = schema.safeParse({ name, ...two, ...best }).success ? two : {};
  return { name, ...counts, ...best } as Input["router"];
}

interface RunOptions {
  readonly training?: boolean;
  readonly symbolic?: boolean;
  readonly values?: Record<string, NdArray>;
  readonly inputs?: Record<string, NdArray>;
  readonly differentiate?: boolean;
}

/** Runs a layer on `x`, whose batch size is symbolic on request. */
function run(settings: MoeSettings, options: RunOptions = {}) {
  const { training = false, symbolic = false, inputs = {}, values, differentiate } = options;
  const tokens = { x, words, ...inputs };
  const first: Dim = symbolic ? batch(S) : tokens.x.shape[0]!;
  return runScoped(
    (scope, given) => {
      const { x: rows, words: wordIds, mask } = given;
      return { y: createMoe(settings, context).apply(scope, rows!, { ids: wordIds, mask }) };
    },
    {
      inputs: tokens,
      shapes: Object.fromEntries(
        Object.entries(tokens).map(([name, { shape }]) => [name, [first, ...shape.slice(1)]]),
      ),
      training,
      ...(values && { values }),
      ...(differentiate && { differentiate: ["y"] }),
    },
  );
}

/** Assignments with an expert, as a fraction of the requested ones. */
function successOf(outputs: Readonly<Record<string, NdArray>>): number {
  const [ids, attempted] = [toNumbers(outputs.ids!), toNumbers(outputs.attempted!)];
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const placed = attempted.map((asked, n) => {
    const own = ids.filter((id, i) => i % N === n && id < E).length;
    return Math.min(asked, own);
  });
  return sum(placed) / sum(attempted);
}

const finite = (values: NdArray): boolean => toNumbers(values).every(Number.isFinite);
const pairs = routers
  .list()
  .flatMap((router) =>
    dispatchers
      .filter(({ name }) => supports(router.name, name) === true)
      .map(({ name }) => [router.name, name, router] as const),
  );

test("every router has a dispatcher, and its default is one of them", () => {
  for (const { name } of routers.list()) {
    const own = pairs.filter(([router]) => router === name).map(([, dispatcher]) => dispatcher);
    expect(own).toContain(defaultDispatcher(name));
  }
});

describe.each(pairs)("%s through %s", (router, dispatcher, definition) => {
  const settings = (more: Input = {}) =>
    parseMoe({
      num_experts: E,
      router: routerOf(definition),
      dispatch: { name: dispatcher },
      experts: { hidden_width: 6 },
      ...more,
    });

  test("runs in training and for any number of sequences, with its taps", async () => {
    const { numSelectedExperts: K } = createMoe(settings(), context);
    for (const options of [{ training: true, differentiate: true }, { symbolic: true }]) {
      const { outputs, gradients } = await run(settings(), options);
      expect(outputs.y!.shape).toEqual([N, D]);
      expect(Object.values(outputs).every(finite)).toBe(true);
      expect(Object.values(gradients.y ?? {}).every(finite)).toBe(true);
      expect(outputs.ids!.shape).toEqual([K, N]);
      expect(outputs.combine_weights!.shape).toEqual([K, N]);
      expect(outputs.probabilities!.shape).toEqual([N, E]);
      expect(outputs.counts!.shape).toEqual([E]);
      const limited = dispatcher === "capacity";
      expect("positions" in outputs).toBe(limited);
      expect(outputs.attempted!.shape).toEqual([N]);
      const success = successOf(outputs);
      const [tapped = 1] = outputs.success_rate ? toNumbers(outputs.success_rate) : [];
      expect(success).toBeCloseTo(tapped, 6);
      expect("success_rate" in outputs).toBe(limited || dispatcher === "expert_choice");
      expect("dispatch_weights" in outputs).toBe(dispatcher === "soft");
    }
  });

  test("has every supported loss in training", async () => {
    const losses = auxiliaryLosses
      .list()
      .flatMap(({ name }) => (supports(router, dispatcher, name) === true ? [name] : []));
    expect(losses.length > 0).toBe(definition.gives.length > 0);
    const given = losses.map((name) => ({ name })) as NonNullable<Input["losses"]>;
    const { trace } = await run(settings({ losses: given }), { training: true });
    expect([...trace.auxiliaries.keys()]).toEqual(losses);
  });

  const padded = parseMoe({ router: routerOf(definition) }).router;
  const { noPadding } = routerRequirements(padded);
  test.runIf(noPadding === undefined)("ignores padding and does not count it", async () => {
    // Sequences of four tokens and two pads; the pads have other values in the second run.
    const real = Array.from({ length: N }, (_, n) => n % S < 4);
    const mask = { dtype: "bool", shape: [N], data: Uint8Array.from(real, Number) } as NdArray;
    const other = { ...x, data: x.data.map((v, i) => (real[Math.floor(i / D)] ? v : v * 3 + 1)) };
    const runs = [x, other].map((rows) => run(settings(), { inputs: { x: rows, mask } }));
    const [first, second] = (await Promise.all(runs)).map(({ outputs }) => outputs);
    const [before, after] = [first!.y!, second!.y!].map((y) => toNumbers(y).map((v) => v + 0));
    expect(after).toEqual(before);
    expect(toNumbers(second!.counts!)).toEqual(toNumbers(first!.counts!));
    const pads = toNumbers(first!.y!).filter((_, i) => !real[Math.floor(i / D)]);
    expect(pads.every((v) => v === 0)).toBe(true);
    const chosen = toNumbers(first!.ids!).filter((id, i) => !real[i % N] && id < E);
    const { kind } = definition;
    if (kind !== "dense" && kind !== "soft") expect(chosen).toEqual([]);
    if (kind === "dense") expect(toNumbers(first!.counts!)).toEqual(Array(E).fill(4 * B));
  });
});

test("BASE gives every expert the same number of tokens in training", async () => {
  const settings = parseMoe({ num_experts: E, router: { name: "base" } });
  const { outputs } = await run(settings, { training: true });
  expect(toNumbers(outputs.counts!)).toEqual(Array(E).fill(N / E));
});

test("a capacity with room for all tokens equals dropless; a small one drops", async () => {
  const settings = (dispatch: Input["dispatch"]) =>
    parseMoe({ num_experts: E, dispatch, experts: { hidden_width: 6 } });
  const dropless = await run(settings({ name: "dropless" }));
  for (const group of ["batch", "sequence"] as const) {
    const roomy = await run(settings({ name: "capacity", capacity_factor: E, group }), {
      symbolic: true,
    });
    expect(toNumbers(roomy.outputs.y!)).toEqual(toNumbers(dropless.outputs.y!));
    expect(toNumbers(roomy.outputs.success_rate!)).toEqual([1]);
  }
  const tight = {
    name: "capacity",
    capacity_factor: 0.5,
    evaluation_capacity_factor: 0.25,
  } as const;
  for (const [training, room] of [
    [true, (0.5 * 2 * N) / E],
    [false, (0.25 * 2 * N) / E],
  ] as const) {
    const { outputs } = await run(settings(tight), { training });
    expect(Math.max(...toNumbers(outputs.counts!))).toBe(room);
    expect(toNumbers(outputs.success_rate!)[0]).toBeLessThan(1);
  }
});

test("expert choice taps the experts of each token by weight", async () => {
  const settings = parseMoe({
    num_experts: E,
    router: { name: "expert_choice" },
    dispatch: { name: "expert_choice", capacity_factor: 2, group: "batch" },
  });
  const { outputs } = await run(settings, { training: true });
  const [choices, weights] = [outputs.ids!, outputs.combine_weights!].map(toNumbers);
  const capacity = (2 * N) / E;
  for (let e = 0; e < E; e++) {
    expect(choices!.filter((id) => id === e)).toHaveLength(capacity);
  }
  for (const [i, id] of choices!.entries()) {
    expect(weights![i] === 0).toBe(id === E);
    if (i >= N) expect(weights![i]).toBeLessThanOrEqual(weights![i - N]!);
  }
  const served = choices!.slice(0, N).filter((id) => id < E).length / N;
  expect(toNumbers(outputs.success_rate!)[0]).toBeCloseTo(served, 6);
});

test("shared experts are added without a weight", async () => {
  const settings = (num_shared: number) =>
    parseMoe({ num_experts: E, experts: { hidden_width: 6, num_shared } });
  const both = await run(settings(2), { differentiate: true });
  const routed = await run(settings(0));
  const names = [...both.trace.parameters.keys()];
  expect(names.filter((name) => name.startsWith("shared_experts."))).toHaveLength(8);
  // Without their last weights, the shared experts add only their last bias.
  const bias = Array.from({ length: D }, (_, d) => d);
  const silenced = await run(settings(2), {
    values: Object.fromEntries(
      [0, 1].flatMap((e) => [
        [`shared_experts.${e}.fc2.weight`, array(Array(D).fill(Array(6).fill(0)))],
        [`shared_experts.${e}.fc2.bias`, array(bias)],
      ]),
    ),
  });
  const expected = toNumbers(routed.outputs.y!).map((value, i) => value + 2 * (i % D));
  for (const [i, value] of toNumbers(silenced.outputs.y!).entries()) {
    expect(value).toBeCloseTo(expected[i]!, 5);
  }
});

test("shared initialisation draws equal experts, and granularity keeps the size", async () => {
  const drawn = async (experts: Input["experts"]) => {
    const { trace } = await run(parseMoe({ num_experts: E, experts }));
    return [...trace.parameters.values()].filter(({ name }) => name.startsWith("experts."));
  };
  const alike = await drawn({ initialization: "shared" });
  expect(new Set(alike.map(({ drawnAs }) => drawnAs.split(".")[1]))).toEqual(new Set(["0"]));
  const size = (specs: typeof alike) =>
    specs
      .filter(({ name }) => name.endsWith("weight"))
      .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const fine = await drawn({ granularity: 4 });
  expect(fine).toHaveLength(4 * alike.length);
  expect(size(fine)).toBe(size(alike));
});

test("losses have their weights, schedules and modalities", async () => {
  const settings = parseMoe({
    num_experts: E,
    losses: [
      { name: "importance", weight: 0.5, importance_of: "gates", unbiased: true },
      { name: "z", weight: 0.1, schedule: { kind: "linear", warmup_steps: 10 } },
      { name: "local_entropy", modality: "image" },
      { name: "local_entropy", modality: "text", weight: 2 },
    ],
    router_penalty: { l1: 0.25, l2: 0.125 },
  });
  const modality = array(
    Array.from({ length: N }, (_, n) => Number(n >= N / 2)),
    "int64",
  );
  const layer = createMoe(settings, { ...context, modalities: ["image", "text"] });
  const { trace, outputs } = await runScoped(
    (scope, given) => ({ y: layer.apply(scope, given.x!, { modality: given.modality }) }),
    { inputs: { x, modality }, training: true },
  );
  const weights = Object.fromEntries(
    [...trace.auxiliaries].map(([name, { weight }]) => [name, weight]),
  );
  expect(weights).toEqual({
    router_l1: 0.25,
    router_l2: 0.125,
    importance: 0.5,
    z: { peak: 0.1, kind: "linear", warmupSteps: 10, final: 0 },
    local_entropy_image: 0.01,
    local_entropy_text: 2,
  });
  const image = toNumbers(outputs["modalities.image"]!);
  expect(image).toEqual(toNumbers(modality).map((index) => 1 - index));
  expect(toNumbers(outputs["modalities.text"]!)).toEqual(toNumbers(modality));
});
