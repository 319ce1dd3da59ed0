import { expect, test } from "vitest";
import * as z from "zod";
import { fromSnakeCase } from "../../config/case.ts";
import { array } from "../../graph/array.ts";
import { parameterGroups } from "../../learn/parameter-groups.ts";
import { createTrainStep, type TrainStep } from "../../learn/train-step.ts";
import { normalArray } from "../../nn/scope.fixture.ts";
import { adamW } from "../../optim/adamw.ts";
import { key } from "../../random/index.ts";
import { nativeRuntime } from "../../runtime/native/native.ts";
import { classification } from "../../tasks/classification/images.ts";
import { diffMoeSchema } from "../diff-moe/config.ts";
import { createClassifier } from "../systems.ts";
import { createVitMoe, vitMoeSchema } from "./config.ts";

type VitInput = Omit<Parameters<typeof vitMoeSchema.parse>[0] & object, "system">;

const schema = z.discriminatedUnion("system", [vitMoeSchema, diffMoeSchema]);
const task = { numClasses: 3, imageShape: [3, 8, 8] as const };
const sizes = { patch_size: 4, width: 16, num_layers: 4, num_heads: 2 };
const batch = {
  images: normalArray("images", [6, 3, 8, 8]),
  labels: array([0, 1, 2, 0, 1, 2], "int64"),
};

async function createStep(model: object): Promise<TrainStep> {
  const settings = fromSnakeCase(schema.parse({ ...sizes, ...model }));
  const classifier = createClassifier(settings, task);
  return createTrainStep(
    classification(classifier),
    {
      images: { dtype: "float32", shape: batch.images.shape },
      labels: { dtype: "int64", shape: batch.labels.shape },
    },
    {
      runtime: nativeRuntime(),
      optimizer: adamW(),
      seed: key(0),
      session: { threads: 1 },
      graph: { tap: (name) => /moe\.(counts|success_rate)$/.test(name) },
    },
  );
}

async function lossesOf(step: TrainStep, count: number): Promise<number[]> {
  const losses: number[] = [];
  for (let index = 0; index < count; index++) {
    await step.forwardBackward(batch, index);
    losses.push(Number(step.values.loss!.data[0]));
    const settings = { step: index, learningRate: 1e-2, weightDecay: 0 };
    await step.optimizer.step(parameterGroups().settings(settings));
  }
  return losses;
}

const blocksWith = (step: TrainStep, part: string): number[] => [
  ...new Set(
    step.arena.names.flatMap((name) => {
      const match = new RegExp(`^blocks\\.(\\d+)\\.${part}\\.`).exec(name);
      return match === null ? [] : [Number(match[1])];
    }),
  ),
];

test.each<[VitInput, number[], number[]]>([
  [{}, [0, 1, 2, 3], []],
  [{ moe_layers: "none" }, [], [0, 1, 2, 3]],
  [{ moe_layers: { every_n: 2 } }, [1, 3], [0, 2]],
  [{ moe_layers: { last_n: 1 } }, [3], [0, 1, 2]],
  [{ moe_layers: [0] }, [0], [1, 2, 3]],
])("%j: blocks with experts, and dense ones", async (model, sparse, dense) => {
  const step = await createStep({ system: "vit-moe", moe: { num_experts: 4 }, ...model });
  try {
    expect(blocksWith(step, "moe")).toEqual(sparse);
    expect(blocksWith(step, "mlp")).toEqual(dense);
    expect(step.graph.taps).toEqual(sparse.map((i) => `blocks.${i}.moe.counts`));
  } finally {
    step.dispose();
  }
});

test("patches from a convolution stem", async () => {
  const step = await createStep({ system: "vit-moe", stem: "conv", moe: { num_experts: 4 } });
  try {
    expect(step.arena.names).toContain("patch_embed.conv2.weight");
    expect(step.arena.view("parameters", "patch_embed.proj.weight").shape).toEqual([16, 16, 3, 3]);
    const losses = await lossesOf(step, 20);
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
  } finally {
    step.dispose();
  }
});

test("a V-MoE with all of its parts learns a batch", async () => {
  const step = await createStep({
    system: "vit-moe",
    moe_layers: { last_n: 2 },
    moe: {
      num_experts: 4,
      router: { name: "softmax_top_k", normalization: "none", noise: "gaussian" },
      dispatch: { name: "capacity", capacity_factor: 1.05, formula: "vmoe", priority: "batch" },
      experts: { kind: "gated", mlp_ratio: 2, num_shared: 1, initialization: "shared" },
      losses: [
        { name: "importance", weight: 0.005 },
        { name: "load", weight: 0.005, schedule: { warmup_steps: 5 } },
      ],
    },
  });
  try {
    const weight = (e: number) =>
      Array.from(
        step.arena.view("parameters", `blocks.1.moe.experts.${e}.gate.weight`).data,
        Number,
      );
    expect(weight(3)).toEqual(weight(0));
    const losses = await lossesOf(step, 25);
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    expect(weight(3)).not.toEqual(weight(0));
    expect(Number(step.values["blocks.3.moe.success_rate"]!.data[0])).toBeLessThanOrEqual(1);
  } finally {
    step.dispose();
  }
});

test("Diff-MoE with a capacity drops excess tokens, and still learns", async () => {
  const model = { system: "diff-moe", num_layers: 1, dropout: 0, mlp_ratio: 2 };
  const dispatch = { name: "capacity", capacity_factor: 0.5, formula: "makemoe" };
  const step = await createStep({ ...model, dispatch });
  try {
    const losses = await lossesOf(step, 20);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    const counts = Array.from(step.values["blocks.0.moe.counts"]!.data, Number);
    // 24 tokens, two choices each, six experts: floor(0.5 * 2 * 24 / 6).
    expect(Math.max(...counts)).toBe(4);
    expect(Number(step.values["blocks.0.moe.success_rate"]!.data[0])).toBeLessThanOrEqual(0.5);
  } finally {
    step.dispose();
  }
  expect(diffMoeSchema.parse({ system: "diff-moe" }).dispatch).toEqual({ name: "dropless" });
});

test("properties of a classifier's experts", () => {
  const classifierOf = (moe: object) =>
    createVitMoe(fromSnakeCase(vitMoeSchema.parse({ ...sizes, system: "vit-moe", moe })), task);
  expect(classifierOf({})).toMatchObject({ numSelectedExperts: 2, numActiveExperts: 2 });
  expect(classifierOf({ router: { name: "expert_choice" } })).toMatchObject({
    numSelectedExperts: 8,
    numActiveExperts: 1,
  });
  expect(() => classifierOf({ router: { name: "hash" } })).toThrow("choose router.key position");
});
