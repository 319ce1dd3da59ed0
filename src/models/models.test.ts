/** Whole models against PyTorch; the fixtures come from `fixtures/make_models.py`. */
import { describe, expect, test } from "vitest";
import { fromSnakeCase } from "../config/case.ts";
import { type NdArray, toNumbers } from "../graph/array.ts";
import { batch } from "../graph/shape.ts";
import { parameterGroups } from "../learn/parameter-groups.ts";
import { evaluationGraph } from "../learn/step-graph.ts";
import { createTrainStep, type TrainStep } from "../learn/train-step.ts";
import { adamW } from "../optim/adamw.ts";
import { key } from "../random/index.ts";
import { nativeRuntime } from "../runtime/native/native.ts";
import { classification } from "../tasks/classification/images.ts";
import { diffMoeSchema } from "./diff-moe/config.ts";
import { expectClose, readFixture } from "./pytorch.fixture.ts";
import { type ClassifierName, createClassifier, type ModelSettings } from "./systems.ts";
import { vitMoeSchema } from "./vit-moe/config.ts";

const sizes = { patch_size: 4, width: 16, num_layers: 2, num_heads: 2 };

function diffMoe(router: object): ModelSettings<"diff-moe"> {
  return fromSnakeCase(
    diffMoeSchema.parse({
      ...sizes,
      system: "diff-moe",
      mlp_ratio: 2,
      num_shared_experts: 3,
      num_modality_specific_experts: 1,
      dropout: 0,
      router,
    }),
  );
}

const models: Readonly<Record<string, ModelSettings<ClassifierName>>> = {
  "diff-moe-linear": diffMoe({}),
  "diff-moe-sigmoid": diffMoe({ gate: "sigmoid" }),
  "diff-moe-attention": diffMoe({ form: "attention" }),
  "diff-moe-sample": diffMoe({ form: "attention", pool: "sample" }),
  "vit-moe": fromSnakeCase(
    vitMoeSchema.parse({
      ...sizes,
      system: "vit-moe",
      moe: { num_experts: 4, experts: { mlp_ratio: 2 } },
    }),
  ),
};

const learningRate = 1e-2;
const weightDecay = 0.05;

describe.each(Object.entries(models))("%s equals PyTorch", (name, settings) => {
  const { arrays, weights, gradients } = readFixture(name);
  const images = arrays.images!;
  const labels = arrays.labels!;
  const [, channels, height, width] = images.shape as [number, number, number, number];
  const classifier = createClassifier(settings, {
    numClasses: arrays.logits!.shape[1]!,
    imageShape: [channels, height, width],
  });
  const objective = classification(classifier, { labelSmoothing: 0.1 });

  const createStep = async (): Promise<TrainStep> => {
    const step = await createTrainStep(
      objective,
      {
        images: { dtype: "float32", shape: images.shape },
        labels: { dtype: "int64", shape: labels.shape },
      },
      { runtime: nativeRuntime(), optimizer: adamW(), seed: key(0), session: { threads: 1 } },
    );
    for (const parameter of step.arena.names) {
      const { data, shape } = step.arena.view("parameters", parameter);
      const given = weights[parameter]!;
      expect(shape, parameter).toEqual(given.shape);
      data.set(given.data as Float32Array);
    }
    return step;
  };

  test("names, objective and every gradient of the first step", async () => {
    const step = await createStep();
    try {
      expect([...step.arena.names].sort()).toEqual(Object.keys(weights).sort());
      await step.forwardBackward({ images, labels }, 0);
      expectClose("objective", step.values.objective!, arrays.objective!, 1e-5);
      for (const parameter of step.arena.names) {
        const gradient = step.arena.view("gradients", parameter);
        expectClose(parameter, gradient, gradients[parameter]!, 5e-5);
      }
    } finally {
      step.dispose();
    }
  });

  test("losses over six steps", async () => {
    const step = await createStep();
    try {
      const losses: number[] = [];
      for (let index = 0; index < 6; index++) {
        await step.forwardBackward({ images, labels }, index);
        losses.push(step.values.loss!.data[0] as number);
        await step.optimizer.step(
          parameterGroups().settings({ step: index, learningRate, weightDecay }),
        );
      }
      const expected = toNumbers(arrays.losses!);
      for (const [index, loss] of losses.entries()) {
        expect(Math.abs(loss - expected[index]!), `step ${index}`).toBeLessThan(2e-5);
      }
    } finally {
      step.dispose();
    }
  });

  test("logits and loss in evaluation, for any number of images", async () => {
    const { model } = evaluationGraph(objective, {
      images: { dtype: "float32", shape: [batch(), channels, height, width] },
      labels: { dtype: "int64", shape: [batch()] },
    });
    const session = await nativeRuntime().createSession(model.bytes, { threads: 1 });
    try {
      const whole = await session.run({ ...weights, images, labels });
      const logits = arrays.logits!;
      expectClose("logits", whole.logits!, logits, 1e-5);
      expectClose("loss", whole.loss!, arrays.loss!, 1e-5);
      const part = await session.run(
        { ...weights, images: firstRows(images, 2), labels: firstRows(labels, 2) },
        ["logits"],
      );
      expectClose("logits of two images", part.logits!, firstRows(logits, 2), 1e-5);
    } finally {
      session.dispose();
    }
  });
});

function firstRows(source: NdArray, rows: number): NdArray {
  const shape = [rows, ...source.shape.slice(1)];
  const count = shape.reduce((total, size) => total * size, 1);
  return { ...source, shape, data: source.data.slice(0, count) } as NdArray;
}
