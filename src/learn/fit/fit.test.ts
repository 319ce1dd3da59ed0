import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLoader } from "../../data/loader.ts";
import { decodeSafetensors } from "../../formats/safetensors.ts";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import { linear } from "../../nn/linear.ts";
import { sgd } from "../../optim/sgd.ts";
import { nativeRuntime } from "../../runtime/native/native.ts";
import { webRuntime } from "../../runtime/web/web.ts";
import { init } from "../apply/apply.ts";
import { fit as fitInBrowser } from "../browser.ts";
import { fit } from "../native.ts";
import { everySteps } from "../run-updates.ts";
import type { Objective } from "../step-graph.ts";
import { classify, listed, points } from "./fit.fixture.ts";
import { loadWeights } from "./weights-file.ts";

const train = points(256, 1);
const test_ = points(100, 2);
const session = { threads: 1 };
const settings = { batchSize: 32, learningRate: 0.02, session } as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fit-"));
});
afterAll(() => rm(folder, { recursive: true }));

const bits = (weights: ReadonlyMap<string, NdArray>) =>
  new Map([...weights].map(([name, value]) => [name, toNumbers(value)]));

test("a classifier is trained, scored, saved, loaded and continued", async () => {
  using model = await fit(classify, train, { ...settings, steps: 120, seed: 3 });
  expect(model).toMatchObject({ steps: 120, outcome: "finished" });
  const scores = await model.evaluate(test_);
  expect(Object.keys(scores)).toEqual(["loss", "accuracy"]);
  expect(scores.accuracy).toBeGreaterThan(0.93);
  expect(scores.loss).toBeLessThan(0.25);

  const { logits } = await model.predict({ x: array([[2, -2]]) });
  expect(logits!.shape).toEqual([1, 2]);
  expect(toNumbers(logits!)[1]).toBeGreaterThan(toNumbers(logits!)[0]!);

  const path = join(folder, "model.safetensors");
  await model.save(path);
  const weights = await loadWeights(path);
  expect(bits(weights)).toEqual(bits(model.weights));
  using resumed = await fit(classify, train, { ...settings, steps: 1, learningRate: 0, weights });
  expect(await resumed.evaluate(test_)).toEqual(scores);
});

test("equal seeds give equal weights, which start as in init", async () => {
  const run = (seed: number) => fit(classify, train, { ...settings, steps: 3, seed });
  using first = await run(1);
  using again = await run(1);
  using other = await run(2);
  expect(bits(again.weights)).toEqual(bits(first.weights));
  expect(bits(other.weights)).not.toEqual(bits(first.weights));
  using still = await fit(classify, train, { ...settings, steps: 1, learningRate: 0, seed: 1 });
  expect(bits(still.weights)).toEqual(bits(init(classify, train, { seed: 1 })));
});

test("steps count from 0, and rates follow the schedule", async () => {
  const seen: [number, number][] = [];
  const thirds: number[] = [];
  using _ = await fit(classify, train, {
    ...settings,
    steps: 6,
    learningRate: 1,
    optimizer: sgd(),
    clipNorm: 1e-3,
    schedule: { kind: "linear", warmupSteps: 2, final: 0.5 },
    onStep: ({ step, learningRate, gradNorm, scalars }) => {
      expect(gradNorm).toBeGreaterThan(0);
      expect(scalars.loss).toBeGreaterThan(0);
      seen.push([step, learningRate]);
    },
    hooks: [everySteps(3, ({ step }) => thirds.push(step))],
  });
  expect(seen.map(([step]) => step)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(seen.map(([, rate]) => rate)).toEqual([0.5, 1, 1, 0.875, 0.75, 0.625]);
  expect(thirds).toEqual([2, 5]);
});

test("evaluation during training, a moving average of weights, and accumulation", async () => {
  const evaluations: [number, number][] = [];
  using model = await fit(classify, train, {
    ...settings,
    epochs: 3,
    accumulationSteps: 2,
    emaDecay: 0.5,
    evaluation: {
      data: test_,
      every: 5,
      onEvaluate: ({ step, scores }) => evaluations.push([step, scores.loss!]),
    },
  });
  expect(model.steps).toBe(12); // 8 batches per epoch
  expect(evaluations.map(([step]) => step)).toEqual([4, 9, 11]);
  expect(evaluations.at(-1)![1]).toBe((await model.evaluate(test_)).loss);
  using plain = await fit(classify, train, { ...settings, epochs: 3, accumulationSteps: 2 });
  expect(bits(model.weights)).not.toEqual(bits(plain.weights));
});

test("weights decay, biases do not, and rules override both", async () => {
  const still = async (rules: Parameters<typeof fit>[2]["rules"]) => {
    const options = { ...settings, optimizer: sgd({ momentum: 0 }), clipNorm: 1e-30, steps: 1 };
    const schedule = { kind: "constant" } as const;
    const more = { schedule, weightDecay: 0.5, learningRate: 1, ...(rules && { rules }) };
    using model = await fit(classify, train, { ...options, ...more });
    const fresh = init(classify, train);
    return Object.fromEntries(
      [...model.weights].map(([name, value]) => [
        name,
        toNumbers(value)[0]! / toNumbers(fresh.get(name)!)[0]!,
      ]),
    );
  };
  const half = expect.closeTo(0.5, 5);
  const one = expect.closeTo(1, 5);
  expect(await still(undefined)).toEqual({
    "fc1.weight": half,
    "fc1.bias": one,
    "fc2.weight": half,
    "fc2.bias": one,
  });
  const rules = [
    { parameters: "fc1.bias", decay: true },
    { parameters: "fc1.*", decay: false },
    { parameters: "fc2.weight", weightDecay: 0.25 },
  ];
  expect(await still(rules)).toEqual({
    "fc1.weight": one,
    "fc1.bias": half,
    "fc2.weight": expect.closeTo(0.75, 5),
    "fc2.bias": one,
  });
});

test("a signal ends the training after the current update", async () => {
  const stop = new AbortController();
  using model = await fit(classify, train, {
    ...settings,
    steps: 100,
    signal: stop.signal,
    onStep: ({ step }) => step === 4 && stop.abort(),
  });
  expect(model).toMatchObject({ steps: 5, outcome: "interrupted" });
});

test("a loader is accepted as data", async () => {
  const spec = { name: "gaussian-shift", split: "train" } as const;
  await using loader = await createLoader(spec, { batchSize: 64, shuffle: true });
  await using validation = await createLoader({ ...spec, split: "validation" }, { batchSize: 100 });
  const objective: Objective = (scope, { features, labels }) => {
    const logits = linear(scope, features!, 3);
    return { loss: crossEntropy(logits, labels!) };
  };
  using model = await fit(objective, loader, { steps: 2, session });
  const scores = await model.evaluate(validation);
  expect(scores.loss).toBeGreaterThan(0);
});

test("the web runtime trains the same model", async () => {
  const options = { ...settings, steps: 20, emaDecay: 0.9, clipNorm: 1 } as const;
  using native = await fit(classify, train, options);
  using web = await fitInBrowser(classify, train, { ...options, runtime: await webRuntime() });
  const expected = await native.evaluate(test_);
  const scores = await web.evaluate(test_);
  expect(scores.loss).toBeCloseTo(expected.loss!, 4);
  expect(decodeSafetensors(web.toSafetensors()).tensors.size).toBe(4);
});

test("no native handles remain", async () => {
  const before = nativeRuntime().liveHandles();
  const model = await fit(classify, train, { ...settings, steps: 1 });
  await model.evaluate(test_);
  await model.predict({ x: test_.x });
  model.dispose();
  await expect(
    fit(classify, train, { ...settings, steps: 5, learningRate: 1e38, optimizer: sgd() }),
  ).rejects.toThrow("the gradients are no longer finite");
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(nativeRuntime().liveHandles()).toEqual(before);
});

test("a model whose predict has failed can be disposed", async () => {
  const objective: Objective = (scope, given) => ({ loss: classify(scope, given).loss });
  using model = await fit(objective, train, { ...settings, steps: 1 });
  await expect(model.predict({ x: test_.x })).rejects.toThrow("the objective, which has none");
});

describe("invalid options are refused with a clear error", () => {
  const refused = (data: Parameters<typeof fit>[1], options: object, message: string | RegExp) =>
    expect(fit(classify, data, { session, ...options } as never)).rejects.toThrow(message);

  test("lengths", async () => {
    await refused(train, {}, "give one of steps and epochs");
    await refused(train, { steps: 1, epochs: 1 }, "give one of steps and epochs");
    await refused(train, { steps: 0 }, "options.steps must be a whole number > 0, got 0");
    await refused(listed([train]), { epochs: 1 }, "cannot count epochs of data");
    const schedule = { warmupSteps: 9 };
    await refused(train, { steps: 5, schedule }, "schedule.warmupSteps 9 exceeds the 5 steps");
  });

  test.each<[object, string | RegExp]>([
    [{ lr: 1 }, "unknown key lr in options"],
    [{ learning_rate: 1 }, "unknown key learning_rate in options; did you mean learningRate?"],
    [{ learningRate: "1" }, 'options.learningRate must be a number >= 0, got "1"'],
    [{ learningRate: -1 }, "options.learningRate must be a number >= 0, got -1"],
    [{ learningRate: Number.NaN }, "options.learningRate must be a number >= 0, got NaN"],
    [{ weightDecay: -1 }, "options.weightDecay must be a number >= 0, got -1"],
    [{ accumulationSteps: 1.5 }, "options.accumulationSteps must be a whole number > 0, got 1.5"],
    [{ clipNorm: 0 }, "options.clipNorm must be a number > 0, got 0"],
    [{ emaDecay: 2 }, "options.emaDecay must be a number >= 0 and <= 1, got 2"],
    [{ optimizer: "adam" }, /^options.optimizer: an optimizer, such as adamW\(\), .* got "adam"$/],
    [{ schedule: { kind: "cosin" } }, /^options.schedule.kind must be .* did you mean cosine\?$/],
    [
      { schedule: { warmup_steps: 1 } },
      "unknown key warmup_steps in options.schedule; did you mean warmupSteps?",
    ],
    [{ rules: [{ parameters: "*", frozen: 3 }] }, /^options.rules.0.frozen/],
    [{ evaluation: {} }, "options.evaluation.data is missing (a mapping of keys); set it"],
    [{ evaluation: { data: {}, every: 1 } }, "options.evaluation.onEvaluate is missing; set it"],
    [{ weights: {} }, /^options.weights: a Map of arrays, .* got an empty object$/],
    [{ onStep: 3 }, "options.onStep: a function is needed, got 3"],
  ])("%j", (options, message) => refused(train, { steps: 1, ...options }, message));

  test("no options", () =>
    expect(fit(classify, train, undefined as never)).rejects.toThrow(/^options is missing/));

  test("data", async () => {
    await refused({ ...train, y: array([1], "int64") }, { steps: 1 }, "x has 256 and y has 1");
    await refused(train, { steps: 1, batchSize: 300 }, "300 exceeds the dataset of 256 samples");
    await refused(listed([train]), { steps: 2 }, "the data ended before the training did");
    const smaller = listed([train, points(3, 1)]);
    await refused(
      smaller,
      { steps: 2 },
      /"x" as float32 \[3, 2\].*float32 \[256, 2\]; drop smaller/,
    );
    using model = await fit(classify, train, { ...settings, steps: 1 });
    await expect(model.evaluate({ x: train.x })).rejects.toThrow('the data have no array "y"');
    await expect(model.predict({})).rejects.toThrow('needs the input "x"');
  });

  test("weights and rules", async () => {
    const weights = new Map<string, NdArray>(init(classify, train));
    const changed = (name: string, value: NdArray) => ({ weights: new Map([...weights, [name, value]]) }); // biome-ignore format: one expression
    const x = array([1]);
    await refused(train, { steps: 1, ...changed("fc2.bias", x) }, "float32 [1], and the model has float32 [2]"); // biome-ignore format: one call
    await refused(train, { steps: 1, ...changed("fc3.bias", x) }, 'have "fc3.bias", but the model');
    weights.delete("fc1.bias");
    await refused(train, { steps: 1, weights }, 'no tensor "fc1.bias"; add a fresh one');
    const rules = [{ parameters: "fc9.*" }];
    await refused(train, { steps: 1, rules }, "rules: no parameter is called fc9.*");
  });
});
