import { resolve } from "node:path";
import type { Split, StreamDataset } from "../dataset.ts";
import { dataRoot } from "../files.ts";
import { splitStream } from "./split.ts";
import { readTextFile } from "./text-file.ts";

/** One UTF-8 text file, to be read in windows. */
export interface TextStreamSpec {
  readonly name: string;
  readonly split: Split;
  /** Path of the file, relative to the folder of data sets. */
  readonly file: string;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
  /** Part of the text that is the validation split, by default .1. */
  readonly validationFraction?: number;
  /** Part of the text at its end that is the test split, by default 0: there is none. */
  readonly testFraction?: number;
}

export type ShakespeareSpec = Omit<TextStreamSpec, "file" | "name"> & {
  readonly name: "tinyshakespeare";
};

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
