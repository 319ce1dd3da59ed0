/** Reads the files of the Python scripts in `fixtures/` and compares results with them. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { decodeSafetensors } from "../formats/safetensors.ts";
import { type NdArray, toNumbers } from "../graph/array.ts";

/** Results of a model in PyTorch; parameters have this library's names. */
export interface PyTorchFixture {
  /** Batch and results: `logits`, `loss` and others. */
  readonly arrays: Readonly<Record<string, NdArray>>;
  readonly weights: Readonly<Record<string, NdArray>>;
  readonly gradients: Readonly<Record<string, NdArray>>;
  /** Random numbers of the first step, if the script fixes them. */
  readonly randoms: Readonly<Record<string, NdArray>>;
}

export function readFixture(name: string): PyTorchFixture {
  const path = new URL(`./fixtures/${name}.safetensors`, import.meta.url);
  const entries = [...decodeSafetensors(readFileSync(path)).tensors];
  const below = (prefix: string) =>
    Object.fromEntries(
      entries.flatMap(([entry, value]) =>
        entry.startsWith(prefix) ? [[entry.slice(prefix.length), value] as const] : [],
      ),
    );
  return {
    arrays: Object.fromEntries(entries.filter(([entry]) => !entry.includes("/"))),
    weights: below("weights/"),
    gradients: below("gradients/"),
    randoms: below("randoms/"),
  };
}

/** Expects entries to differ by less than `tolerance` times the largest entry. */
export function expectClose(
  name: string,
  actual: NdArray,
  expected: NdArray,
  tolerance: number,
): void {
  expect(actual.shape, name).toEqual(expected.shape);
  const reference = toNumbers(expected);
  const scale = Math.max(...reference.map(Math.abs), 1e-6);
  const error = Math.max(...toNumbers(actual).map((value, i) => Math.abs(value - reference[i]!)));
  expect(error / scale, name).toBeLessThan(tolerance);
}
