/** What a configuration says of its data, as the data layer wants it. */

import { snakeCase } from "../config/case.ts";
import type { DatasetSpec, Split } from "../data/dataset.ts";
import type { TransformSpec } from "../data/transforms/index.ts";
import { UserError } from "../graph/errors.ts";
import type { TrainConfig } from "./config.ts";

type DataConfig = TrainConfig["data"];

/** The description of one split. */
export function datasetSpec(data: DataConfig, split: Split, seed: number): DatasetSpec {
  const { name, root, validationSize, imageSize, domains } = data;
  if (name !== "shapes") {
    refuse(data, ["trainSize", "testSize", "imageSize", "domains"]);
    return {
      name,
      split,
      ...(root !== undefined && { root }),
      ...(validationSize !== undefined && { validationSize }),
    };
  }
  const length = { train: data.trainSize, validation: validationSize, test: data.testSize }[split];
  return {
    name,
    split,
    seed,
    ...(length !== undefined && { length }),
    ...(imageSize !== undefined && { size: imageSize }),
    ...(domains !== undefined && { domains }),
  };
}

function refuse(data: DataConfig, keys: readonly (keyof DataConfig)[]): void {
  for (const key of keys) {
    if (data[key] !== undefined) {
      throw new UserError(
        `data.${snakeCase(key)} is for generated sets and has no meaning for ${data.name}; remove it`,
        { exitCode: 2 },
      );
    }
  }
}

/** The transforms of training images, or of evaluation images, which get the same size. */
export function transformSpecs(data: DataConfig, training: boolean): TransformSpec[] {
  const steps = data.augment.flatMap((step): TransformSpec[] => {
    const [name, options] = Object.entries(step)[0]!;
    if (training || name === "resize") return [{ [snakeCase(name)]: options } as TransformSpec];
    const { size } = "randomCrop" in step ? step.randomCrop : {};
    return size === undefined ? [] : [{ resize: { size } }];
  });
  return [...steps, { normalize: data.normalize }];
}
