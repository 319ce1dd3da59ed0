/** Order, kinds, noise, alignment and errors of changed experts. */
import { expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import { key } from "../../random/index.ts";
import { addExperts } from "./add-experts.ts";
import { alignUnits } from "./align-units.ts";
import { changeExperts } from "./change.ts";
import { expertLayers, type Tensors } from "./layout.ts";
import { mergeExperts } from "./merge-experts.ts";
import { removeExperts } from "./remove-experts.ts";
import { countKinds } from "./selection.ts";
import { expectRows, topKLayer, weightsOf } from "./surgery.fixture.ts";
import { upcycleExperts } from "./upcycle-experts.ts";

const zeros = { fresh: "zeros" } as const;

/** Experts of one distinct number each, so that positions are easy to check. */
function numbered(values: readonly number[], path = "moe"): Map<string, NdArray> {
  return new Map<string, NdArray>([
    ["before", array([0])],
    ...values.map((value, e) => [`${path}.experts.${e}.fc2.bias`, array([value])] as const),
    [`${path}.router.bias`, array(values.map((value) => 10 * value))],
    ["after", array([9])],
  ]);
}

function valuesOf(tensors: Tensors): Record<string, number[]> {
  return Object.fromEntries([...tensors].map(([name, value]) => [name, toNumbers(value)]));
}

test("new experts follow the last of their kind, and all others keep their order", () => {
  const tensors = numbered([1, 2, 3]);
  const layers = expertLayers(tensors);
  const kinds = [2, 1]; // two shared, one of images
  const change = addExperts(layers, { copies: [2, 0], kinds });
  expect(countKinds(change.get("moe")!, 2)).toEqual([3, 2]);
  const changed = changeExperts(tensors, change, zeros);
  expect([...changed.keys()]).toEqual([
    "before",
    ...[0, 1, 2, 3, 4].map((e) => `moe.experts.${e}.fc2.bias`),
    "moe.router.bias",
    "after",
  ]);
  expect(toNumbers(changed.get("moe.router.bias")!)).toEqual([10, 20, 10, 30, 30]);
  const fresh = addExperts(layers, { numFresh: 1, freshKind: 0, kinds });
  expect(toNumbers(changeExperts(tensors, fresh, zeros).get("moe.router.bias")!)).toEqual([
    10, 20, 0, 30,
  ]);
});

test("each layer can have its own selection", () => {
  const tensors = new Map([...numbered([1, 2, 3], "a"), ...numbered([4, 5, 6], "b")]);
  const layers = expertLayers(tensors);
  const choice = new Map([
    ["a", [0]],
    ["b", [2]],
  ]);
  const changed = valuesOf(changeExperts(tensors, removeExperts(layers, choice), zeros));
  expect([changed["a.router.bias"], changed["b.router.bias"]]).toEqual([
    [20, 30],
    [40, 50],
  ]);
  expect(() => removeExperts(layers, new Map([["a", [0]]]))).toThrow(
    "no experts are selected for layer b",
  );
});

test("a merge is the weighted mean, including the router's entries", () => {
  const tensors = numbered([1, 2, 5]);
  const change = mergeExperts(expertLayers(tensors), [[2, 0]], { weights: [3, 9, 1] });
  const changed = valuesOf(changeExperts(tensors, change, zeros));
  expect(changed).toEqual({
    before: [0],
    "moe.experts.0.fc2.bias": [2], // (3 * 1 + 1 * 5) / 4
    "moe.experts.1.fc2.bias": [2],
    "moe.router.bias": [20, 20],
    after: [9],
  });
  const unused = mergeExperts(expertLayers(tensors), [[0, 2]], { weights: [0, 1, 0] });
  expect(valuesOf(changeExperts(tensors, unused, zeros))["moe.experts.0.fc2.bias"]).toEqual([3]);
});

test("noise is proportional to the values, depends on the key, and does not affect kept experts", () => {
  const weights = weightsOf(topKLayer(3, 2));
  const change = addExperts(expertLayers(weights), { copies: [1] });
  const noisy = (seed: number, noise = 0.1) =>
    changeExperts(weights, change, { ...zeros, noise, key: key(seed) });
  const first = noisy(1);
  expect(valuesOf(noisy(1))).toEqual(valuesOf(first));
  expect(valuesOf(noisy(2))).not.toEqual(valuesOf(first));
  for (const suffix of ["fc1.weight", "fc2.weight"]) {
    const source = toNumbers(weights.get(`moe.experts.1.${suffix}`)!);
    expect(first.get(`moe.experts.1.${suffix}`)).toBe(weights.get(`moe.experts.1.${suffix}`));
    const added = toNumbers(first.get(`moe.experts.3.${suffix}`)!);
    const differences = added.map((value, i) => value - source[i]!);
    const ratio = rootMeanSquare(differences) / rootMeanSquare(source);
    expect(ratio).toBeGreaterThan(0.06);
    expect(ratio).toBeLessThan(0.14);
  }
  const router = toNumbers(first.get("moe.router.weight")!);
  expect(router.slice(0, 15)).toEqual(toNumbers(weights.get("moe.router.weight")!));
  expect(router.slice(15)).not.toEqual(router.slice(5, 10));
  expect(() => changeExperts(weights, change, { ...zeros, noise: 0.1 })).toThrow("needs a key");
});

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

test("an expert merged with a permuted copy of itself is unchanged after alignment", () => {
  const weights = weightsOf(topKLayer(3, 2));
  const order = [3, 0, 6, 1, 5, 2, 4];
  const shuffled = new Map(weights);
  for (const suffix of ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]) {
    shuffled.set(
      `moe.experts.2.${suffix}`,
      reordered(weights.get(`moe.experts.0.${suffix}`)!, suffix, order),
    );
  }
  const [layer] = expertLayers(shuffled);
  const units = alignUnits(shuffled, layer!, 0, 2);
  expect(units.map((unit) => order[unit])).toEqual([0, 1, 2, 3, 4, 5, 6]);

  const aligned = mergeExperts([layer!], [[0, 2]], { alignIn: shuffled });
  const merged = changeExperts(shuffled, aligned, zeros);
  const plain = changeExperts(shuffled, mergeExperts([layer!], [[0, 2]]), zeros);
  const name = "moe.experts.0.fc1.weight";
  expectRows([toNumbers(merged.get(name)!)], [toNumbers(weights.get(name)!)], 1e-6);
  expect(toNumbers(plain.get(name)!)).not.toEqual(toNumbers(merged.get(name)!));
});

/** Unit `u` of the result is unit `order[u]` of the source. */
function reordered(source: NdArray, suffix: string, order: readonly number[]): NdArray {
  if (suffix === "fc2.bias") return source;
  const columns = source.shape[1] ?? 1;
  const values = toNumbers(source);
  const data = Float32Array.from(values, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    return suffix === "fc2.weight"
      ? values[row * columns + order[column]!]!
      : values[order[row]! * columns + column]!;
  });
  return { dtype: "float32", shape: source.shape, data };
}

test("invalid changes are refused with a clear error", () => {
  const layers = expertLayers(numbered([1, 2, 3]));
  const message = (action: () => unknown): string => {
    try {
      action();
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error("nothing was thrown");
  };
  expect(message(() => removeExperts(layers, [3]))).toBe(
    "moe has no expert 3; its experts are 0 to 2",
  );
  expect(message(() => removeExperts(layers, [1, 1]))).toBe("expert 1 of moe is named twice");
  expect(message(() => removeExperts(layers, []))).toMatch(/^no experts to remove from moe/);
  expect(message(() => removeExperts(layers, [0, 1], { numSelectedExperts: 2 }))).toBe(
    "1 of 3 experts would remain in moe, fewer than num_selected_experts 2; remove fewer",
  );
  expect(message(() => addExperts(layers, {}))).toMatch(/^no experts to add/);
  expect(message(() => addExperts(layers, { copies: [-1] }))).toMatch(/has no expert -1/);
  expect(message(() => addExperts(layers, { numFresh: 1, kinds: [2] }))).toMatch(
    /its configuration has 2/,
  );
  expect(message(() => mergeExperts(layers, [[1]]))).toMatch(/needs two experts or more, got 1/);
  expect(message(() => mergeExperts(layers, [[0, 1], [1, 2]]))).toMatch(/named twice/); // biome-ignore format: one line
  expect(message(() => mergeExperts(layers, []))).toMatch(/^no experts to merge/);
  expect(message(() => mergeExperts(layers, [[0, 2]], { kinds: [2, 1] }))).toMatch(
    /of different kinds/,
  );
  expect(message(() => mergeExperts(layers, [[0, 1]], { weights: [1, -1, 0] }))).toMatch(
    /have the weights 1, -1/,
  );
  expect(message(() => removeExperts([], [0]))).toMatch(/^this model has no experts/);
  const uneven = numbered([1, 2]);
  uneven.set("moe.experts.1.fc2.bias", array([1, 2]));
  expect(message(() => expertLayers(uneven))).toMatch(/the experts of moe differ: expert 1/);
  const gap = numbered([1, 2, 3]);
  gap.delete("moe.experts.1.fc2.bias");
  expect(message(() => expertLayers(gap))).toMatch(/differ/);
  const unknown = new Map([["other", removeExperts(layers, [0]).get("moe")!]]);
  expect(message(() => changeExperts(numbered([1, 2]), unknown, zeros))).toBe(
    "there is no layer with experts at other; there are moe",
  );
  const wide = addExperts(layers, { numFresh: 1 });
  expect(message(() => changeExperts(numbered([1, 2, 3]), wide, { fresh: new Map() }))).toMatch(
    /no fresh values \[1\] for moe.experts.3.fc2.bias/,
  );
});

test("upcycling refuses models with experts, and models that differ in more than the layer", () => {
  const fresh = numbered([1, 2]);
  const denseLayer = (): string => "mlp";
  const dense = new Map([
    ["before", array([5])],
    ["mlp.fc2.bias", array([7])],
    ["after", array([6])],
  ]);
  expect(valuesOf(upcycleExperts(dense, { fresh, denseLayer }))).toEqual({
    before: [5],
    "moe.experts.0.fc2.bias": [7],
    "moe.experts.1.fc2.bias": [7],
    "moe.router.bias": [10, 20],
    after: [6],
  });
  const perturbed = upcycleExperts(dense, { fresh, denseLayer, noise: 0.1, key: key(0) });
  const [first, second] = [0, 1].map(
    (e) => toNumbers(perturbed.get(`moe.experts.${e}.fc2.bias`)!)[0],
  );
  expect(first).not.toBe(second);
  expect(() => upcycleExperts(fresh, { fresh, denseLayer })).toThrow(
    "this model has experts already, in moe",
  );
  expect(() => upcycleExperts(dense, { fresh: dense, denseLayer })).toThrow(
    "has no layer with experts",
  );
  const narrow = new Map([...dense, ["mlp.fc2.bias", array([1, 2])] as const]);
  expect(() => upcycleExperts(narrow, { fresh, denseLayer })).toThrow(
    "moe.experts.0.fc2.bias of the new model is [1], but the dense model has [2] at mlp.fc2.bias",
  );
});
