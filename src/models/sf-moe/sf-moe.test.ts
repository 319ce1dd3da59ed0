/** SF-MoE against PyTorch; the fixtures come from `../fixtures/make_sf_moe.py`. */
import { describe, expect, test } from "vitest";
import { fromSnakeCase } from "../../config/case.ts";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import { batch } from "../../graph/shape.ts";
import { parameterGroups } from "../../learn/parameter-groups.ts";
import { evaluationGraph, GRADIENT_PREFIX, trainingGraph } from "../../learn/step-graph.ts";
import { createTrainStep } from "../../learn/train-step.ts";
import { normalArray } from "../../nn/scope.fixture.ts";
import { adamW } from "../../optim/adamw.ts";
import { key } from "../../random/index.ts";
import { nativeRuntime } from "../../runtime/native/native.ts";
import { classification } from "../../tasks/classification/images.ts";
import type { Classifier } from "../classifier.ts";
import { expectClose, readFixture } from "../pytorch.fixture.ts";
import { createClassifier } from "../systems.ts";
import { sfMoeSchema } from "./config.ts";
import { sparseBlocks } from "./pattern.ts";

type SfMoeInput = Omit<Parameters<typeof sfMoeSchema.parse>[0] & object, "system">;

const sizes = { patch_size: 4, width: 16, num_layers: 2, num_heads: 2, drop_path: 0.5 };
const experts = { mlp_ratio: 2 };
const gmoe: SfMoeInput = {
  ...sizes,
  blocks: "FS",
  moe: {
    num_experts: 4,
    router: { name: "cosine", projection_width: 8, noise_scale: 1 },
    dispatch: { name: "capacity", capacity_factor: 1, formula: "tutel", priority: "batch" },
    experts,
    losses: [
      { name: "importance", weight: 0.005, unbiased: true },
      { name: "load", weight: 0.005, unbiased: true },
    ],
  },
};
const models: Readonly<Record<string, SfMoeInput>> = {
  "sf-moe-gmoe": gmoe,
  "sf-moe-distilled": {
    ...sizes,
    blocks: "SF",
    distilled: true,
    moe: {
      num_experts: 4,
      router: { name: "second_expert", policy: "threshold", threshold: 0.2 },
      dispatch: { name: "capacity", formula: "lucidrains", group: "sequence" },
      experts,
      losses: [{ name: "balance", weight: 0.01 }],
    },
  },
  "sf-moe-hybrid": {
    ...{ ...sizes, num_layers: 1, patch_size: 8, blocks: "F", pool: "mean" },
    stem: "resnet",
    resnet: { layers: [2, 1], channels: 4 },
    moe: { experts },
  },
  "sf-moe-dense": { ...sizes, blocks: "FF", moe: { experts } },
};

const classifierOf = (
  model: SfMoeInput,
  imageShape: readonly [number, number, number],
  numClasses = 5,
): Classifier =>
  createClassifier(fromSnakeCase(sfMoeSchema.parse({ ...model, system: "sf-moe" })), {
    numClasses,
    imageShape,
  });

describe.each(Object.entries(models))("%s equals PyTorch", (name, model) => {
  const { arrays, weights, gradients } = readFixture(name);
  const { images, labels, logits } = arrays as Record<"images" | "labels" | "logits", NdArray>;
  const shape = images.shape.slice(1) as [number, number, number];
  const objective = classification(classifierOf(model, shape), { labelSmoothing: 0.1 });

  test("names, objective and every gradient of a step with given noise", async () => {
    const { model: graph, trace } = trainingGraph(objective, {
      images: { dtype: "float32", shape: images.shape },
      labels: { dtype: "int64", shape: labels.shape },
    });
    expect([...trace.parameters.keys()].sort()).toEqual(Object.keys(weights).sort());
    const { randoms } = readFixture(name);
    expect([...trace.randoms.keys()].sort()).toEqual(Object.keys(randoms).sort());
    const session = await nativeRuntime().createSession(graph.bytes, { threads: 1 });
    try {
      const found = await session.run({ ...weights, ...randoms, images, labels });
      expectClose("objective", found.objective!, arrays.objective!, 1e-5);
      for (const [parameter, gradient] of Object.entries(gradients)) {
        expectClose(parameter, found[GRADIENT_PREFIX + parameter]!, gradient, 5e-5);
      }
    } finally {
      session.dispose();
    }
  });

  test("logits in evaluation, for any number of images", async () => {
    const { model: graph } = evaluationGraph(objective, {
      images: { dtype: "float32", shape: [batch(), ...shape] },
      labels: { dtype: "int64", shape: [batch()] },
    });
    const session = await nativeRuntime().createSession(graph.bytes, { threads: 1 });
    try {
      const { logits: found } = await session.run({ ...weights, images, labels }, ["logits"]);
      expectClose("logits", found!, logits, 1e-5);
    } finally {
      session.dispose();
    }
  });
});

test("block patterns of the papers", () => {
  expect(sparseBlocks("last_two", 12)).toEqual(sparseBlocks("FFFFFFFFSFSF", 12));
  expect(sparseBlocks("FFFFFFFFSFSF", 12)).toEqual([8, 10]);
  expect(sparseBlocks("every_two", 12)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(sparseBlocks("FFFFFSFFFFFS", 12)).toEqual([5, 11]);
  expect(sparseBlocks("last_two", 5)).toEqual([1, 3]);
  expect(() => sparseBlocks("FS", 12)).toThrow("FS has 2 letters, but model.num_layers is 12");
  expect(() => sparseBlocks("last_two", 3)).toThrow("last_two needs 4 blocks");
  const bad = sfMoeSchema.safeParse({ system: "sf-moe", blocks: "FXS" });
  expect(bad.error?.issues[0]?.message).toBe(
    "must be last_two, every_two or one letter per block, S (sparse) or F (fusion)",
  );
});

test("the defaults are GMoE-S/16", () => {
  const settings = fromSnakeCase(sfMoeSchema.parse({ system: "sf-moe" }));
  expect(settings).toMatchObject({ width: 384, numLayers: 12, numHeads: 6, dropPath: 0.1 });
  expect(settings.moe).toMatchObject({
    numExperts: 6,
    router: { name: "cosine", numSelectedExperts: 1, projectionWidth: 256, noiseScale: 1 },
    dispatch: { capacityFactor: 1.5, priority: "batch" },
  });
  const { trace } = trainingGraph(classification(classifierOf({}, [3, 224, 224], 7)), {
    images: { dtype: "float32", shape: [2, 3, 224, 224] },
    labels: { dtype: "int64", shape: [2] },
  });
  const shapeOf = (name: string) => trace.parameters.get(name)?.shape;
  expect(shapeOf("pos_embed")).toEqual([1, 197, 384]);
  expect(shapeOf("blocks.10.moe.experts.5.fc1.weight")).toEqual([1536, 384]);
  expect(shapeOf("blocks.11.mlp.fc1.weight")).toEqual([1536, 384]);
  expect([...trace.auxiliaries.keys()]).toEqual(
    [8, 10].flatMap((i) => [`blocks.${i}.moe.importance`, `blocks.${i}.moe.load`]),
  );
});

test("fusion blocks can have their own hidden width", () => {
  const objective = classification(classifierOf({ ...gmoe, fusion_ratio: 1 }, [3, 8, 8]));
  const { trace } = evaluationGraph(objective, {
    images: { dtype: "float32", shape: [1, 3, 8, 8] },
    labels: { dtype: "int64", shape: [1] },
  });
  expect(trace.parameters.get("blocks.0.mlp.fc1.weight")!.shape).toEqual([16, 16]);
  expect(trace.parameters.get("blocks.1.moe.experts.0.fc1.weight")!.shape).toEqual([32, 16]);
});

test("the patch size of a residual stem follows from its stages", () => {
  const trace = () =>
    evaluationGraph(classification(classifierOf({ ...gmoe, stem: "resnet" }, [3, 8, 8])), {
      images: { dtype: "float32", shape: [1, 3, 8, 8] },
      labels: { dtype: "int64", shape: [1] },
    });
  expect(trace).toThrow("of 4 stages makes patches of 32 pixels, but patch_size is 4");
});

test("class tokens are tokens after the patches", () => {
  const of = (model: SfMoeInput) => classifierOf({ ...gmoe, ...model }, [3, 8, 8]);
  expect(of({}).tokensPerImage).toBe(5);
  expect(of({ distilled: true }).tokensPerImage).toBe(6);
  expect(of({ pool: "mean" }).tokensPerImage).toBe(4);
  expect(() => of({ pool: "mean", distilled: true })).toThrow("choose pool cls");
});

test("equal seeds give equal steps, and the batch is learnt", async () => {
  const images = normalArray("images", [6, 3, 8, 8]);
  const labels = array([0, 1, 2, 0, 1, 2], "int64");
  const losses = async (): Promise<number[]> => {
    const step = await createTrainStep(
      classification(classifierOf({ ...gmoe, stem: "conv", drop_path: 0.1 }, [3, 8, 8], 3)),
      {
        images: { dtype: "float32", shape: images.shape },
        labels: { dtype: "int64", shape: labels.shape },
      },
      { runtime: nativeRuntime(), optimizer: adamW(), seed: key(3), session: { threads: 1 } },
    );
    const found: number[] = [];
    try {
      for (let index = 0; index < 25; index++) {
        await step.forwardBackward({ images, labels }, index);
        found.push(toNumbers(step.values.loss!)[0]!);
        const settings = { step: index, learningRate: 1e-2, weightDecay: 0 };
        await step.optimizer.step(parameterGroups().settings(settings));
      }
    } finally {
      step.dispose();
    }
    return found;
  };
  const first = await losses();
  expect(first.at(-1)).toBeLessThan(first[0]! / 2);
  expect(await losses()).toEqual(first);
});
