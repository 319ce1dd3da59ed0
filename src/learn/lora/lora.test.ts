import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { expect, test } from "vitest";
import { differences, FOURTH_ORDER } from "../../autodiff/differences.fixture.ts";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import { meanSquaredError } from "../../losses/mean-squared-error.ts";
import { moe } from "../../moe/layer.ts";
import { softmaxTopKRouter } from "../../moe/routers/softmax-top-k.ts";
import { linear } from "../../nn/linear.ts";
import { tanh } from "../../ops/activation.ts";
import { randomArray } from "../../ops/check.fixture.ts";
import { adamW } from "../../optim/adamw.ts";
import { key } from "../../random/index.ts";
import { BUFFERS } from "../../runtime/arena.ts";
import { nativeRuntime } from "../../runtime/native/native.ts";
import { init } from "../apply/apply.ts";
import { fit } from "../native.ts";
import { parameterGroups } from "../parameter-groups.ts";
import { runUpdate } from "../run-update.ts";
import type { Objective } from "../step-graph.ts";
import { createTrainStep, type TrainStep } from "../train-step.ts";
import { evaluationWeights } from "./evaluation-weights.ts";
import { createLora, type LoraSettings } from "./lora.ts";

/** A dense layer, four experts of which each token takes two, and a head. */
const objective: Objective = (scope, { x, y }) => {
  const hidden = tanh(linear(scope.child("fc"), x!, 4)); // [N, 4]
  const mixed = moe(scope.child("moe"), hidden, {
    router: (at, rows) => softmaxTopKRouter(at, rows, { numExperts: 4, numSelectedExperts: 2 }),
    experts: { hiddenWidth: 6 },
  });
  const output = linear(scope.child("head"), mixed, 2); // [N, 2]
  return { loss: meanSquaredError(output, y!), outputs: { output } };
};
const x = randomArray([6, 3], 1);
const y = randomArray([6, 2], 2);
const arrays = { x, y };
const spec = {
  x: { dtype: "float32", shape: [6, 3] },
  y: { dtype: "float32", shape: [6, 2] },
} as const;

const targets = ["fc", "moe.*"] as const;
const session = { threads: 1 };

function stepOf(
  settings: LoraSettings,
  options: { accumulationSteps?: number; ema?: boolean } = {},
) {
  return createTrainStep(objective, spec, {
    ...{ runtime: nativeRuntime(), optimizer: adamW(), seed: key(3), session },
    groups: parameterGroups([], createLora(settings)),
    ...options,
  });
}

/** Matrices `B` start with zeros; these are other numbers. */
function fillAdapters({ arena }: TrainStep): void {
  for (const [i, name] of arena.names.entries()) {
    if (!name.endsWith("lora_B.weight")) continue;
    const { data, shape } = arena.view(BUFFERS.parameters, name);
    data.set(randomArray(shape, 10 + i, -0.5, 0.5).data as Float32Array);
  }
}

const scalar = (array: NdArray) => toNumbers(array)[0]!;

test("the chosen layers have adapters, and nothing else trains but the head", async () => {
  const step = await stepOf({ rank: 2, targets });
  expect(step.arena.trained.filter((name) => !name.startsWith("moe.experts"))).toEqual([
    "fc.lora_A.weight",
    "fc.lora_B.weight",
    "moe.router.lora_A.weight",
    "moe.router.lora_B.weight",
    "head.weight",
    "head.bias",
  ]);
  expect(step.arena.trained).toContain("moe.experts.3.fc2.lora_B.weight");
  expect(step.arena.view(BUFFERS.parameters, "moe.experts.3.fc2.lora_B.weight").shape).toEqual([
    4, 2,
  ]);
  const gradients = step.graph.model.outputs.filter(({ name }) => name.startsWith("gradient:"));
  expect(gradients.length).toBe(step.arena.trained.length);
  expect(step.arena.flat("gradients").length).toBeLessThan(step.arena.flat("parameters").length);
  step.dispose();
});

test("frozen weights have no gradient products in the graph", async () => {
  const gemms = async (groups: ReturnType<typeof parameterGroups>) => {
    const step = await createTrainStep(objective, spec, {
      ...{ runtime: nativeRuntime(), optimizer: adamW(), seed: key(3), session, groups },
    });
    step.dispose();
    const { graph } = fromBinary(ModelProtoSchema, step.graph.model.bytes);
    return graph!.node.filter(({ opType }) => opType === "Gemm").length;
  };
  const whole = await gemms(parameterGroups());
  const headOnly = await gemms(
    parameterGroups([{ parameters: "head.*" }, { parameters: "*", frozen: true }]),
  );
  // Forward: fc, router, 4 x 2 of the experts and the head; backward only the weight of the head.
  expect(headOnly).toBe(1 + 1 + 8 + 1 + 1);
  expect(whole).toBeGreaterThan(2 * headOnly);
});

test("gradients of adapters equal finite differences, in dense layers, routers and experts", async () => {
  const step = await stepOf({ rank: 2, alpha: 3, targets });
  fillAdapters(step);
  const loss = async () => {
    await step.forwardBackward(arrays, 0);
    return scalar(step.values.loss!);
  };
  await loss();
  const found = new Map(
    step.arena.trained.map((name) => [name, toNumbers(step.arena.view("gradients", name))]),
  );
  for (const name of step.arena.trained) {
    const { data } = step.arena.view(BUFFERS.parameters, name);
    const slopes = await differences(data, { step: 2 ** -7, stencil: FOURTH_ORDER }, async () => [
      await loss(),
    ]);
    for (const [i, [slope]] of slopes.entries()) {
      expect(Math.abs(found.get(name)![i]! - slope!), `${name}[${i}]`).toBeLessThan(2e-4);
    }
  }
  step.dispose();
});

test("merged weights give the outputs of the adapted model, within 1e-5", async () => {
  const step = await stepOf({ rank: 2, alpha: 5, targets });
  fillAdapters(step);
  await step.forwardBackward(arrays, 0);
  const { weights } = evaluationWeights(step);
  expect([...weights.keys()].some((name) => name.includes("lora"))).toBe(false);
  using merged = await fit(objective, arrays, {
    ...{ steps: 1, batchSize: 6, learningRate: 0, weightDecay: 0, weights, session },
  });
  const { loss } = await merged.evaluate(arrays);
  expect(Math.abs(loss! - scalar(step.values.loss!))).toBeLessThan(1e-5);
  step.dispose();
});

test("with the rank of the weights, adapters learn any change of a layer", async () => {
  const layer: Objective = (scope, batch) => ({
    loss: meanSquaredError(linear(scope.child("fc"), batch.x!, 2, { bias: false }), batch.y!),
  });
  // y = x Wᵀ with another W than the layer starts with.
  const rows = randomArray([64, 3], 5);
  const goal = [
    [0.5, -1, 2],
    [1.5, 0.25, -0.75],
  ];
  const wanted = Array.from({ length: 64 }, (_, n) =>
    goal.map((row) => row.reduce((sum, w, i) => sum + w * rows.data[3 * n + i]!, 0)),
  );
  const data = { x: rows, y: array(wanted) };
  using model = await fit(layer, data, {
    ...{ epochs: 300, batchSize: 64, learningRate: 0.05, weightDecay: 0, session },
    lora: { rank: 2, alpha: 2, targets: ["fc"] },
  });
  const learnt = toNumbers(model.weights.get("fc.weight")!);
  for (const [i, value] of goal.flat().entries()) expect(learnt[i]).toBeCloseTo(value, 2);
});

test("fit keeps the base of given weights, and gives equal bits for equal seeds", async () => {
  const weights = init(objective, arrays, { seed: 7 });
  const options = {
    ...{ steps: 5, batchSize: 3, learningRate: 0.01, weights, session },
    lora: { rank: 1, targets: ["fc"], trained: ["head.bias"] },
  } as const;
  using model = await fit(objective, arrays, options);
  using again = await fit(objective, arrays, options);
  const changed = [...weights].filter(
    ([name, value]) => String(toNumbers(value)) !== String(toNumbers(model.weights.get(name)!)),
  );
  expect(changed.map(([name]) => name)).toEqual(["fc.weight", "head.bias"]);
  expect([...model.weights.keys()].sort()).toEqual([...weights.keys()].sort());
  for (const [name, value] of model.weights) expect(again.weights.get(name)).toEqual(value);
});

test("several batches and moving averages: the average of the adapters is merged", async () => {
  const step = await stepOf({ rank: 2, targets }, { accumulationSteps: 2, ema: true });
  const half = (from: number) => ({
    arrays: {
      x: { ...x, data: x.data.slice() },
      y: { ...y, data: y.data.map((value) => value * from) },
    } as typeof arrays,
  });
  for (let index = 0; index < 3; index++) {
    let batch = 0;
    await runUpdate(step, index, async () => half(++batch), {
      groups: parameterGroups([], step.lora),
      ...{ totalSteps: 3, learningRate: 0.1, accumulationSteps: 2, emaDecay: 0.5 },
    });
  }
  const { weights } = evaluationWeights(step);
  const [a, b, base] = ["fc.lora_A.weight", "fc.lora_B.weight", "fc.weight"].map((name) =>
    toNumbers(step.arena.view(BUFFERS.ema, name)),
  );
  // W [4, 3] + (16 / 2) B [4, 2] A [2, 3], entry (1, 2)
  const expected = base![5]! + 8 * (b![2]! * a![2]! + b![3]! * a![5]!);
  expect(toNumbers(weights.get("fc.weight")!)[5]).toBeCloseTo(expected, 6);
  expect(expected).not.toBeCloseTo(base![5]!, 3);
  step.dispose();
});

test("names that are no linear layers or parameters are refused", async () => {
  await expect(stepOf({ targets: ["fc", "blocks.*"] })).rejects.toThrow(
    "lora.targets: no linear layer is called blocks.*; they are like fc, moe.router, moe.experts.0.fc1",
  );
  await expect(stepOf({ targets: ["fc.weight"] })).rejects.toThrow(
    "no linear layer is called fc.w",
  );
  await expect(stepOf({ targets: ["fc"], trained: ["neck.*"] })).rejects.toThrow(
    "lora.trained: no parameter is called neck.*; they are like fc.weight, fc.bias",
  );
  const options = { steps: 1, session, lora: { rank: 0, targets: ["fc"] } };
  await expect(fit(objective, arrays, options)).rejects.toThrow(/options\.lora\.rank/);
});
