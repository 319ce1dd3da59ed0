/** What a configuration says of its data, as the data layer wants it. */

import { snakeCase } from "../config/case.ts";
import type { DatasetSpec, Split } from "../data/dataset.ts";
import type { TransformSpec } from "../data/transforms/index.ts";
import type { DataConfig } from "./data-config.ts";

/** The description of one split. */
export function datasetSpec(data: DataConfig, split: Split, seed: number): DatasetSpec {
  const { name, root, validationSize } = data;
  if (name !== "shapes") {
    return {
      name,
      split,
      ...(root !== undefined && { root }),
      ...(validationSize !== undefined && { validationSize }),
    };
  }
  const { imageSize, domains } = data;
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

/** The transforms of training images, or of evaluation images, which get the same size. */
export function transformSpecs(data: DataConfig, training: boolean): TransformSpec[] {
  if (!("normalize" in data)) return [];
  const steps = data.augment.flatMap((step): TransformSpec[] => {
    const [name, options] = Object.entries(step)[0]!;
    if (training || name === "resize") return [{ [snakeCase(name)]: options } as TransformSpec];
    const { size } = "randomCrop" in step ? step.randomCrop : {};
    return size === undefined ? [] : [{ resize: { size } }];
  });
  return [...steps, { normalize: data.normalize }];
}
