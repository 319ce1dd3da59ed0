/** The classes of a configuration's data. */

import { unreported } from "../data/data-notes.ts";
import { openDataset } from "../data/open-dataset.ts";
import type { TrainConfig } from "./config.ts";
import { datasetSpec, knownProperties } from "./data-specs.ts";

/** The class names; reads the training split only if its files determine them. */
export async function readClassNames({
  data,
  seed,
}: Pick<TrainConfig, "data" | "seed">): Promise<readonly string[]> {
  const known = knownProperties(data).classNames;
  if (known !== undefined) return known;
  const dataset = await openDataset(datasetSpec(data, "train", seed), unreported);
  return "classNames" in dataset ? dataset.classNames : [];
}
