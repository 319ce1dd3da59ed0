import { resolve } from "node:path";
import type { StreamDataset } from "../dataset.ts";
import { dataRoot } from "../read-gzipped.ts";
import type { ShakespeareSpec, TextStreamSpec } from "./specs.ts";
import { splitStream } from "./split.ts";
import { readTextFile } from "./text-file.ts";

/** Opens a split of a text file: training first, then validation, then test. */
export async function openTextStream(spec: TextStreamSpec): Promise<StreamDataset> {
  const { name, split, file, root, validationFraction = 0.1, testFraction = 0 } = spec;
  const hint = `set data.root to the folder that "${file}" lies in`;
  const text = await readTextFile(resolve(dataRoot(root), file), { hint });
  return splitStream(name, split, text, { validationFraction, testFraction });
}

/**
 * Opens a split of tiny-shakespeare, `<root>/tinyshakespeare/input.txt`: by default the first 90 %
 * are for training and the rest for validation, as in makeMoE, and there is no test split.
 *
 * @example
 * const train = await openShakespeare({ name: "tinyshakespeare", split: "train" });
 * train.text.length; // 1003854
 */
export function openShakespeare(spec: ShakespeareSpec): Promise<StreamDataset> {
  return openTextStream({ ...spec, file: "tinyshakespeare/input.txt" });
}
