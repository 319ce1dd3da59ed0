/** Maps the settings of a recipe to the plain description of a split. */
import { camelCase } from "../../config/case.ts";
import type { Split } from "../dataset.ts";
import { imageKeys } from "./image.ts";
import { textKeys } from "./text.ts";

/** Keys of batch settings, which do not affect samples. */
type BatchKey = "augment" | "normalize" | "workers" | "tokenizer" | "contextLength";

const batchKeys = new Set([...Object.keys(imageKeys), ...Object.keys(textKeys)].map(camelCase));

/** The same structure without undefined values. */
type DeepDefined<T> = T extends object
  ? { [Key in keyof T]: DeepDefined<Exclude<T[Key], undefined>> }
  : T;

/** The settings of samples, with the split. */
export type SamplesOf<S> = DeepDefined<{ [Key in keyof S as Exclude<Key, BatchKey>]: S[Key] }> & {
  readonly split: Split;
};

/**
 * The description of a split whose options have the same names as the settings: all settings except
 * the batch settings.
 *
 * @example
 * splitSpec({ name: "mnist", validationSize: 100, workers: 2 }, "train")
 * // { name: "mnist", validationSize: 100, split: "train" }
 */
export function splitSpec<S extends object>(settings: S, split: Split): SamplesOf<S> {
  const own = Object.entries(settings).filter(([key]) => !batchKeys.has(key));
  return { ...Object.fromEntries(own), split } as SamplesOf<S>;
}

/** Number of samples of each generated split, if set. */
export interface GeneratedSizes {
  readonly trainSize?: number | undefined;
  readonly validationSize?: number | undefined;
  readonly testSize?: number | undefined;
}

/** The length of a generated split, if set. */
export function generatedLength(sizes: GeneratedSizes, split: Split): { length?: number } {
  const length = { train: sizes.trainSize, validation: sizes.validationSize, test: sizes.testSize };
  return length[split] === undefined ? {} : { length: length[split] };
}
