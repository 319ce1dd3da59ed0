import type { ImageDataset } from "../data/dataset.ts";
import { UserError } from "../graph/errors.ts";
import { createClassifier } from "../models/systems.ts";
import type { TrainConfig } from "./config.ts";
import type { Task, TaskData } from "./task.ts";
import { imageClassification } from "./tasks/image-classification.ts";

/**
 * The task of a configuration: what its model learns from its data.
 *
 * @throws UserError (exit code 2) where the model cannot read the data
 */
export function createTask({ model, data, train }: TrainConfig, source: TaskData): Task {
  const { dataset } = source;
  switch (model.system) {
    case "diff-moe":
    case "vit-moe": {
      requireKind(dataset.kind, "image", model.system, data.name);
      const { classNames } = dataset as ImageDataset;
      const [channels, height, width] = source.fields.images!.shape as [number, number, number];
      const classifier = createClassifier(model, {
        numClasses: classNames.length,
        imageShape: [channels, height, width],
      });
      return imageClassification(classifier, dataset as ImageDataset, train);
    }
  }
}

const wanted = {
  image: "images",
  text: "labelled sentences",
  stream: "a text",
  points: "points",
} as const;

function requireKind(
  kind: keyof typeof wanted,
  expected: keyof typeof wanted,
  system: string,
  name: string,
): void {
  if (kind === expected) return;
  throw new UserError(
    `model.system ${system} learns from ${wanted[expected]}, and data.name ${name} is ${wanted[kind]}; choose another of the two`,
    { exitCode: 2 },
  );
}
