import { expect, test } from "vitest";
import { fromSnakeCase } from "../config/case.ts";
import type { ImageDataset } from "../data/dataset.ts";
import { openShapes } from "../data/shapes/index.ts";
import { trainConfigSchema } from "./config.ts";
import { createTask } from "./create-task.ts";

const normalize = { mean: [0.5], std: [0.5] };
const shapes = openShapes({ name: "shapes", split: "test", length: 4 });
const fields = {
  images: { dtype: "float32", shape: [3, 32, 32] },
  labels: { dtype: "int64", shape: [] },
} as const;

test("a classifier of a set without classes is refused with a clear error", () => {
  const config = fromSnakeCase(
    trainConfigSchema.parse({
      recipe: "test",
      model: { system: "vit-moe", width: 16, num_heads: 2, num_layers: 1 },
      data: { name: "flickr8k", normalize },
    }),
  );
  const unlabelled: ImageDataset = { ...shapes, name: "flickr8k", classNames: [] };
  expect(() => createTask(config, { dataset: unlabelled, fields })).toThrow(
    "model.system vit-moe learns classes, but data.name flickr8k has none with these settings; change one of them, or set data.labels to scenes",
  );
  expect(createTask(config, { dataset: shapes, fields }).classNames).toBe(shapes.classNames);
});
