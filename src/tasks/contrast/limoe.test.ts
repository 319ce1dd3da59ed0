import { expect, test } from "vitest";
import { fromSnakeCase } from "../../config/case.ts";
import type { ImageDataset } from "../../data/dataset.ts";
import { openShapes } from "../../data/shapes/index.ts";
import { createTokenizer, learnTokenizer } from "../../data/tokenizers/index.ts";
import { limoeSchema } from "../../models/limoe/config.ts";
import type { Task, TaskData } from "../task.ts";
import { limoeTask } from "./limoe.ts";

const shapes = openShapes({ name: "shapes", split: "test", length: 4 });
const captions = shapes.get(0).captions!;
const tokenizer = createTokenizer(learnTokenizer("word", captions));
const fields = { images: { dtype: "float32", shape: [3, 32, 32] } } as const;
const source: TaskData = { dataset: shapes, fields, tokenizer };

function taskOf(data: TaskData, { model = {}, batchSize = 64 } = {}): Task {
  const settings = limoeSchema.parse({
    ...{ system: "limoe", patch_size: 8, width: 16, num_heads: 2, num_layers: 2 },
    ...model,
  });
  const options = { batchSize, warmupSteps: 0, session: {} };
  return limoeTask(fromSnakeCase(settings), data, options);
}

test("a sample has a token per patch and per word position", () => {
  const task = taskOf(source, { model: { context_length: 20 } });
  expect(task.tokensPerSample).toBe(16 + 20);
  expect(task.numActiveExperts).toBe(1);
  expect(task.samples).toBe("pairs");
});

test("invalid settings are refused with a clear error", () => {
  const dataset: ImageDataset = {
    ...shapes,
    name: "cifar10",
    get(index) {
      const { captions: _, ...sample } = shapes.get(index);
      return sample;
    },
  };
  expect(() => taskOf({ ...source, dataset })).toThrow(
    "cifar10 has no captions to compare images with; choose a set with captions",
  );
  expect(() => taskOf({ dataset: shapes, fields })).toThrow(
    "model.system limoe reads captions; set data.tokenizer, for example to { kind: word } or { kind: clip }",
  );
  expect(() => taskOf(source, { batchSize: 1 })).toThrow(
    "a contrastive loss compares the pairs of a batch, but train.batch_size is 1; raise it to 2 or more",
  );
  expect(() => taskOf(source, { model: { num_heads: 3 } })).toThrow(
    "model.width 16 cannot be divided among model.num_heads 3; choose a multiple",
  );
});
