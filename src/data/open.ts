/** Opens a data set from its plain description. */

import { UserError } from "../graph/errors.ts";
import type { Dataset, DatasetOf, DatasetSpec } from "./dataset.ts";
import { openFashionMnist } from "./fashion-mnist.ts";
import { openGaussianShift } from "./gaussian-shift.ts";
import { datasets } from "./registry.ts";
import { openShapes } from "./shapes/index.ts";

const splits = ["train", "validation", "test"] as const;

/**
 * Opens a split of a data set, reading its files if it has any.
 *
 * @example
 * const set = await openDataset({ name: "fashion-mnist", split: "train", root: "data" });
 */
export async function openDataset<Spec extends DatasetSpec>(spec: Spec): Promise<DatasetOf<Spec>> {
  return (await open(spec)) as DatasetOf<Spec>;
}

async function open(spec: DatasetSpec): Promise<Dataset> {
  if (!splits.includes(spec.split)) {
    throw new UserError(`unknown split "${spec.split}"; known are ${splits.join(", ")}`, {
      exitCode: 2,
    });
  }
  switch (spec.name) {
    case "shapes":
      return openShapes(spec);
    case "gaussian-shift":
      return openGaussianShift(spec);
    case "fashion-mnist":
    case "mnist":
      return openFashionMnist(spec);
    default: {
      const { name } = spec as { name: string };
      const known = Object.keys(datasets).join(", ");
      throw new UserError(`unknown data set "${name}"; known are ${known}`, { exitCode: 2 });
    }
  }
}
