import { expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import { mergeAdapters, mergeStoredAdapters, requireAlpha } from "./merge-adapters.ts";

const weight = array([
  [1, 2, 3],
  [4, 5, 6],
]);
const a = array([
  [1, 0, 2],
  [0, 1, -1],
]);
const b = array([
  [1, 2],
  [3, 4],
]);
const bias = array([7, 8]);
const tensors = (first: readonly [string, NdArray][]) => new Map<string, NdArray>(first);
const layer = tensors([
  ["fc.bias", bias],
  ["fc.lora_A.weight", a],
  ["fc.lora_B.weight", b],
  ["fc.weight", weight],
]);

// B A = [[1, 2, 0], [3, 4, 2]], times alpha / r = 4 / 2
const merged = [
  [1 + 2, 2 + 4, 3],
  [4 + 6, 5 + 8, 6 + 4],
];

test("the weight of a layer becomes W + alpha / r B A; other tensors stay", () => {
  const result = mergeAdapters(layer, 4);
  expect([...result.keys()]).toEqual(["fc.bias", "fc.weight"]);
  expect(toNumbers(result.get("fc.weight")!)).toEqual(merged.flat());
  expect(toNumbers(weight)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(result.get("fc.bias")).toBe(bias);
});

test("a file without adapters is returned as it is, and adapters need their alpha", () => {
  const plain = tensors([["weight", weight]]);
  expect(mergeStoredAdapters({ tensors: plain, metadata: {} }, "model.safetensors")).toBe(plain);
  expect(() => mergeStoredAdapters({ tensors: layer, metadata: {} }, "model.safetensors")).toThrow(
    "model.safetensors has the adapter fc.lora_A.weight, but its metadata have no lora_alpha above 0 (undefined)",
  );
  expect(() => requireAlpha({ lora_alpha: "16" }, 32, "model.safetensors")).toThrow(
    "its adapters have lora_alpha 16, and this model's 32",
  );
});

test("adapters merge in place into the tensors of a file", () => {
  const copy = tensors(
    [...layer].map(([name, value]) => [name, { ...value, data: value.data.slice() }]) as never,
  );
  const target = copy.get("fc.weight");
  const result = mergeStoredAdapters(
    { tensors: copy, metadata: { lora_alpha: "4" } },
    "model.safetensors",
  );
  expect(result.get("fc.weight")).toBe(target);
  expect(toNumbers(target!)).toEqual(merged.flat());
});

test("adapters that do not fit their layer are refused", () => {
  const without = (name: string) => tensors([...layer].filter(([key]) => key !== name));
  const withShape = (name: string, value: NdArray) => new Map([...layer, [name, value]]);
  expect(() => mergeAdapters(without("fc.weight"), 4)).toThrow("fc.weight, which is missing");
  expect(() => mergeAdapters(without("fc.lora_B.weight"), 4)).toThrow("fc.lora_B.weight, which is");
  expect(() => mergeAdapters(without("fc.lora_A.weight"), 4)).toThrow("fc.lora_A.weight, which is");
  expect(() => mergeAdapters(withShape("fc.lora_B.weight", array([[1, 2]])), 4)).toThrow(
    "the adapter fc.lora_A.weight [2,3], fc.lora_B.weight [1,2] does not fit the weight fc.weight [2,3]",
  );
  expect(() => mergeAdapters(withShape("fc.weight", bias), 4)).toThrow(
    "fc.weight, which is float32 [2]",
  );
});

test("weights that a file lacks come from elsewhere and stay as they are", () => {
  const [base, file] = [tensors([["fc.weight", weight]]), new Map(layer)];
  file.delete("fc.weight");
  const stored = { tensors: file, metadata: { lora_alpha: "4" } };
  const result = mergeStoredAdapters(stored, "ema.safetensors", base);
  expect(toNumbers(result.get("fc.weight")!)).toEqual(merged.flat());
  expect(toNumbers(weight)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(() => mergeStoredAdapters(stored, "ema.safetensors")).toThrow(
    "ema.safetensors: the adapter fc.lora_A.weight needs the float32 matrix fc.weight, which is missing",
  );
});
