/** What a configuration says of its data, as the data layer wants it. */

import { snakeCase } from "../config/case.ts";
import type { DatasetSpec, Split } from "../data/dataset.ts";
import { type DomainName, domainNames, type ObjectPattern } from "../data/shapes/index.ts";
import type { TransformSpec } from "../data/transforms/index.ts";
import { defined } from "../graph/defined.ts";
import type { DataConfig } from "./data-config.ts";

/** Keys that say how batches are made of a set's samples. */
const batchKeys = new Set(["tokenizer", "contextLength", "augment", "normalize", "workers"]);

/** The description of one split. */
export function datasetSpec(data: DataConfig, split: Split, seed: number): DatasetSpec {
  if (data.name === "shapes") {
    const { name, imageSize, objects, captions, heldOut } = data;
    const domains = stylesOf(data, split);
    return {
      name,
      split,
      seed,
      ...lengthOf(data, split),
      ...defined({ size: imageSize, domains, objects, captions }),
      ...(heldOut !== undefined && split !== "test" && { exclude: heldOut as ObjectPattern[] }),
    };
  }
  if (data.name === "gaussian-shift") {
    return { name: data.name, split, seed, ...lengthOf(data, split) };
  }
  // The keys of files have the same names here and there; the others say how batches are made.
  const own = Object.entries(data).filter(([key]) => !batchKeys.has(key));
  return { ...Object.fromEntries(own), split } as DatasetSpec;
}

/** The styles that a split of the shapes draws. */
function stylesOf(
  { domains, testDomains }: Extract<DataConfig, { name: "shapes" }>,
  split: Split,
): readonly DomainName[] | undefined {
  if (testDomains === undefined) return domains;
  if (split === "test") return testDomains;
  return (domains ?? domainNames).filter((domain) => !testDomains.includes(domain));
}

interface Sizes {
  readonly trainSize?: number | undefined;
  readonly validationSize?: number | undefined;
  readonly testSize?: number | undefined;
}

/** The size of a split of a generated set, where it is given. */
function lengthOf(sizes: Sizes, split: Split): { length?: number } {
  const length = { train: sizes.trainSize, validation: sizes.validationSize, test: sizes.testSize };
  return length[split] === undefined ? {} : { length: length[split] };
}

/** The transforms of training images, or of evaluation images, which get the same size. */
export function transformSpecs(data: DataConfig, training: boolean): TransformSpec[] {
  if (!("normalize" in data)) return [];
  const steps = data.augment.flatMap((step): TransformSpec[] => {
    const [name, options] = Object.entries(step)[0]!;
    if (training || name === "resize") return [{ [snakeCase(name)]: options } as TransformSpec];
    const { size } =
      "randomCrop" in step
        ? step.randomCrop
        : "randomResizedCrop" in step
          ? step.randomResizedCrop
          : {};
    return size === undefined ? [] : [{ resize: { size } }];
  });
  return [...steps, { normalize: data.normalize }];
}

/**
 * Whether a set has a test split: texts of one file have one only where it is asked for, captioned
 * pictures unless `test_size` is 0, sets of several domains where some are held out.
 */
export function hasTestSplit(data: DataConfig): boolean {
  switch (data.name) {
    case "tinyshakespeare":
    case "text-file":
      return (data.testFraction ?? 0) > 0;
    case "labelled-text":
      return data.files.test !== undefined || data.testSize !== undefined;
    case "captioned-images":
      return data.files?.test !== undefined || data.testSize !== 0;
    case "pacs":
    case "rotated-mnist":
    case "rotated-fashion-mnist":
    case "colored-mnist":
    case "colored-fashion-mnist":
      return data.testDomains !== undefined;
    default:
      return true;
  }
}
