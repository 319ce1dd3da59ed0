/** Descriptions of splits and transforms from the settings of data. */

import type { Split } from "../data/dataset.ts";
import type { KnownProperties } from "../data/define-dataset.ts";
import { type DatasetSpec, datasets } from "../data/registry.ts";
import type { TransformSpec } from "../data/transforms/index.ts";
import type { DataConfig } from "./data-config.ts";

/** The description of one split. */
export function datasetSpec(data: DataConfig, split: Split, seed: number): DatasetSpec {
  return datasets.get(data.name).spec(data, split, seed) as DatasetSpec;
}

/** Whether the data have a test split. */
export function hasTestSplit(data: DataConfig): boolean {
  return datasets.get(data.name).hasTestSplit?.(data) ?? true;
}

/**
 * Checks, before training, everything that each split needs and that does not take decoding.
 *
 * @param splits to check; a test split only if the settings give one
 * @throws UserError for the first split that cannot be opened
 */
export async function checkSplits(
  data: DataConfig,
  seed: number,
  splits: readonly Split[],
): Promise<void> {
  const { check } = datasets.get(data.name);
  if (check === undefined) return;
  for (const split of splits) {
    if (split !== "test" || hasTestSplit(data)) await check(datasetSpec(data, split, seed));
  }
}

/** Properties of the data that are known without reading files. */
export function knownProperties(data: DataConfig): KnownProperties {
  const { classNames, describe } = datasets.get(data.name);
  return describe?.(data) ?? (classNames.length > 0 ? { classNames } : {});
}

/** The transforms of training or evaluation images; both result in the same size. */
export function transformSpecs(data: DataConfig, training: boolean): TransformSpec[] {
  if (!("normalize" in data)) return [];
  const steps = data.augment.flatMap((step): TransformSpec[] => {
    if (training || "resize" in step) return [step as TransformSpec];
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
