import { expect, test } from "vitest";
import * as z from "zod";
import { fromSnakeCase } from "../config/case.ts";
import { openShapes } from "../data/shapes/index.ts";
import { trainingGraph } from "../learn/step-graph.ts";
import { defineSystem } from "../models/define.ts";
import { modelSchema, systems } from "../models/systems.ts";
import { linear } from "../nn/linear.ts";
import { reduceMean } from "../ops/reduce.ts";
import { reshape } from "../ops/reshape.ts";
import { systemTask } from "./system-task.ts";
import type { Task, TaskData } from "./task.ts";
import type { TaskMaker, TaskOptions } from "./task-maker.ts";

const dataset = openShapes({ name: "shapes", split: "test", length: 4 });
const fields = {
  images: { dtype: "float32", shape: [3, 32, 32] },
  labels: { dtype: "int64", shape: [] },
} as const;
const source: TaskData = { dataset, fields };
const options: TaskOptions = {
  ...{ dataName: "shapes", batchSize: 4, labelSmoothing: 0, warmupSteps: 0, seed: 0, session: {} },
};

const facts = {
  title: "Linear classifier",
  paper: "-",
  description: "One linear map of the pixels.",
  reads: "image",
  sizes: () => ({ layers: 1, experts: 0 }),
  pages: ["confusion"],
} as const;

function taskOf(model: object, more: Partial<TaskOptions> = {}): Task {
  return systemTask(fromSnakeCase(modelSchema.parse(model)), source, { ...options, ...more });
}

test("a classifier of a plug-in learns classes of images", () => {
  systems.add(
    defineSystem({
      ...facts,
      name: "linear",
      schema: z.strictObject({ system: z.literal("linear"), bias: z.boolean().default(true) }),
      classifier: ({ bias }, { numClasses }) => ({
        logits: (scope, images) =>
          linear(scope, reshape(images, [images.shape[0]!, -1]), numClasses, { bias }),
        grid: { rows: 1, columns: 1 },
        numSelectedExperts: 0,
        numActiveExperts: 0,
      }),
    }),
  );
  const task = taskOf({ system: "linear" });
  expect(task.classNames).toBe(dataset.classNames);
  const { trace } = trainingGraph(task.objective, {
    images: { dtype: "float32", shape: [4, 3, 32, 32] },
    labels: { dtype: "int64", shape: [4] },
  });
  expect([...trace.parameters.keys()]).toEqual(["weight", "bias"]);
  const algorithm = { name: "erm" } as const;
  expect(() => taskOf({ system: "linear" }, { algorithm })).toThrow(
    "train.algorithm erm does not apply to model.system linear; drop it, or choose vit-moe, sf-moe, sparsely-gated",
  );
});

test("a task of a plug-in takes precedence over the classifier task", () => {
  const brightness: TaskMaker<{ readonly system: "brightness" }> = () => ({
    objective: (scope, { images }) => ({
      loss: reduceMean(linear(scope, reshape(images!, [images!.shape[0]!, -1]), 1)),
    }),
    score: { name: "loss", better: "lower" },
    samples: "images",
    tokensPerSample: 1,
    numActiveExperts: 0,
    classNames: [],
    evaluateFully: async ({ loader, createEvaluator }) => {
      const evaluator = await createEvaluator(() => false);
      return { scores: await evaluator.run(loader).finally(evaluator.dispose), record: {} };
    },
  });
  systems.add(
    defineSystem({
      ...facts,
      name: "brightness",
      schema: z.strictObject({ system: z.literal("brightness") }),
      task: brightness,
    }),
  );
  expect(taskOf({ system: "brightness" }).score).toEqual({ name: "loss", better: "lower" });
});

test("a system without task or classifier is refused with a clear error", () => {
  const schema = z.strictObject({ system: z.literal("idle") });
  systems.add(defineSystem({ ...facts, name: "idle", schema }));
  expect(() => taskOf({ system: "idle" })).toThrow(
    "model.system idle has no task; add `task` to its definition",
  );
});

test("data of another kind are refused", () => {
  expect(() => taskOf({ system: "moe-decoder" })).toThrow(
    "model.system moe-decoder learns from a text, but data.name shapes is images; change one of them",
  );
});
