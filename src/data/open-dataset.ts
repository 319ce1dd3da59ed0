/** Opens a data set from its plain description. */

import { usageError } from "../graph/errors.ts";
import type { StoreHooks } from "./images/store.ts";
import { type DatasetOf, type DatasetSpec, datasets } from "./registry.ts";

const splits = ["train", "validation", "test"] as const;

/**
 * Opens a split of a data set; reads its files if it has any.
 *
 * @throws UserError (exit code 2) for an unknown set or split, or files that are missing
 * @example
 * const set = await openDataset({ name: "fashion-mnist", split: "train", root: "data" });
 */
export async function openDataset<Spec extends DatasetSpec>(
  spec: Spec,
  hooks: StoreHooks = {},
): Promise<DatasetOf<Spec>> {
  if (!splits.includes(spec.split)) {
    throw usageError(`unknown split "${spec.split}"; known are ${splits.join(", ")}`);
  }
  return (await datasets.get(spec.name).open(spec, hooks)) as DatasetOf<Spec>;
}
