import { usageError } from "../../graph/errors.ts";
import { foldIn, key, permutation } from "../../random/index.ts";
import type { Split, StreamDataset } from "../dataset.ts";

/** Numbers of rows of a training file to set aside. */
export interface RowSplit {
  readonly validationSize: number;
  readonly testSize: number;
  /** Seed of the permutation that draws them. */
  readonly seed: number;
}

/**
 * Positions of a split's rows among `total` rows, in file order. A permutation drawn from (seed, name) starts
 * with the test rows, then the validation rows; the others are for training.
 *
 * @throws UserError (exit code 2) for invalid sizes or an empty split
 */
export function splitRows(name: string, split: Split, total: number, sizes: RowSplit): Uint32Array {
  const { validationSize, testSize, seed } = sizes;
  for (const [option, size] of Object.entries({
    validation_size: validationSize,
    test_size: testSize,
  })) {
    if (!Number.isInteger(size) || size < 0) {
      throw usageError(`${name}: ${option} must be an integer of at least 0, got ${size}`);
    }
  }
  const held = validationSize + testSize;
  if (held >= total) {
    throw usageError(
      `${name}: validation_size ${validationSize} and test_size ${testSize} leave none of ${total} rows for training`,
    );
  }
  const order = permutation(foldIn(foldIn(key(seed), "split"), name), total);
  const members = {
    test: order.slice(0, testSize),
    validation: order.slice(testSize, held),
    train: order.slice(held),
  }[split];
  if (members.length === 0) {
    throw usageError(`${name}: the ${split} split is empty; set ${split}_size above 0`);
  }
  return members.sort();
}

/** Fractions of a text that are set aside. */
export interface StreamSplit {
  readonly validationFraction: number;
  readonly testFraction: number;
}

/**
 * A split of one text: training comes first, then validation, then test. With
 * `validationFraction` .1 and `testFraction` 0 this is the split of makeMoE: the first 90 % and the rest.
 *
 * @throws UserError (exit code 2) for invalid fractions or an empty split
 */
export function splitStream(
  name: string,
  split: Split,
  text: string,
  { validationFraction, testFraction }: StreamSplit,
): StreamDataset {
  for (const [option, value] of Object.entries({
    validation_fraction: validationFraction,
    test_fraction: testFraction,
  })) {
    if (!(value >= 0 && value < 1)) {
      throw usageError(`${name}: ${option} must be from 0 to below 1, got ${value}`);
    }
  }
  const validationStart = cutAt(text, 1 - testFraction - validationFraction);
  const testStart = cutAt(text, 1 - testFraction);
  const part = {
    train: text.slice(0, validationStart),
    validation: text.slice(validationStart, testStart),
    test: text.slice(testStart),
  }[split];
  if (part !== "") return { kind: "stream", name, split, text: part };
  const remedy = split === "train" ? "lower the other fractions" : `set ${split}_fraction above 0`;
  throw usageError(`${name}: the ${split} split is empty; ${remedy}`);
}

/** The position after a fraction of a text, rounded down to a character boundary. */
function cutAt(text: string, fraction: number): number {
  const at = Math.max(0, Math.floor(fraction * text.length));
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code < 0xe000 ? at + 1 : at;
}
