import { expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import { normalArray } from "../../nn/scope.fixture.ts";
import { foldIn, key, normal } from "../../random/index.ts";
import { type ExpertStart, startOfExpert } from "./expert-start.ts";
import { columnOf, rowsOf } from "./surgery.fixture.ts";

const [D, F] = [6, 40];
const dense: Readonly<Record<string, NdArray>> = {
  "gate.weight": normalArray("gate", [F, D]),
  "up.weight": normalArray("up", [F, D]),
  "up.bias": normalArray("up.bias", [F]),
  "fc2.weight": normalArray("fc2", [D, F]),
  "fc2.bias": normalArray("fc2.bias", [D]),
};
const half: ExpertStart = { drop: 0.5, key: key(0) };
const start = (tensor: string, expert: string, options = half, redraw?: "zeros"): NdArray =>
  startOfExpert(dense[tensor]!, { expert, tensor }, options, redraw);

/** The units that an expert keeps bit for bit in a tensor. */
function keptUnits(tensor: string, made: NdArray): number[] {
  const unit = (of: NdArray, u: number): number[] =>
    tensor === "fc2.weight" ? columnOf(of, u) : rowsOf(of)[u]!;
  return Array.from({ length: F }, (_, u) => u).filter(
    (u) => String(unit(made, u)) === String(unit(dense[tensor]!, u)),
  );
}

test("an expert draws the same units anew in all its tensors, and other experts draw others", () => {
  const names = ["gate.weight", "up.weight", "up.bias", "fc2.weight"];
  const [first, ...others] = names.map((name) => keptUnits(name, start(name, "moe.experts.0")));
  expect(first).toHaveLength(F / 2);
  for (const kept of others) expect(kept).toEqual(first);
  expect(toNumbers(start("fc2.bias", "moe.experts.0"))).toEqual(toNumbers(dense["fc2.bias"]!));
  expect(keptUnits("gate.weight", start("gate.weight", "moe.experts.1"))).not.toEqual(first);
});

test("by hand: units of 1 and 3 become 2 + z, for their mean is 2 and their deviation 1", () => {
  const weight = array([[1], [3]]);
  const options = { drop: 1, key: key(7) };
  const made = startOfExpert(weight, { expert: "moe.experts.0", tensor: "fc1.weight" }, options);
  const draws = normal(foldIn(foldIn(key(7), "moe.experts.0.fc1.weight"), "drop"), 2);
  expect(toNumbers(made)).toEqual(Array.from(draws, (z) => Math.fround(2 + z)));
});

test("the share is rounded down to whole units", () => {
  const kept = (drop: number): number =>
    keptUnits("fc2.weight", start("fc2.weight", "e.0", { ...half, drop })).length;
  expect([0.049, 0.05, 0.99, 1].map(kept)).toEqual([39, 38, 1, 0]);
  expect(() => kept(0.024)).toThrow(
    "drop 0.024 is less than one of the 40 hidden units of e.0; raise it",
  );
  expect(() => kept(1.5)).toThrow("drop is a share of the hidden units, 0 to 1, got 1.5");
});

test("redrawn entries have the mean and the standard deviation of the entries that they replace", () => {
  const wide = normalArray("wide", [400, 30]);
  const shifted = { ...wide, data: Float32Array.from(wide.data, (x) => 5 + 0.1 * Number(x)) };
  const made = startOfExpert(
    shifted,
    { expert: "e.0", tensor: "up.weight" },
    { drop: 0.5, key: key(3) },
  );
  const values = rowsOf(made).filter((row, u) => String(row) !== String(rowsOf(shifted)[u]));
  const flat = values.flat(); // 6,000 numbers
  const mean = flat.reduce((sum, x) => sum + x, 0) / flat.length;
  const deviation = Math.sqrt(flat.reduce((sum, x) => sum + (x - mean) ** 2, 0) / flat.length);
  expect(flat).toHaveLength(6000);
  expect(mean).toBeCloseTo(5, 2);
  expect(deviation).toBeCloseTo(0.1, 2);
});

test("equal keys give equal bits, and without drop and noise the tensor is the dense one", () => {
  const both = { ...half, noise: 0.1 };
  const one = start("up.weight", "e.0", both);
  expect(one.data).toEqual(start("up.weight", "e.0", both).data);
  expect(one.data).not.toEqual(start("up.weight", "e.0", { ...both, key: key(1) }).data);
  expect(keptUnits("up.weight", one)).toEqual([]);
  expect(start("up.weight", "e.0", {})).toBe(dense["up.weight"]);
  expect(() => start("up.weight", "e.0", { drop: 0.5 })).toThrow("need a key");
});

test("moments of dropped units are zeros, those of others are kept", () => {
  const weights = keptUnits("fc2.weight", start("fc2.weight", "e.0"));
  const moments = start("fc2.weight", "e.0", half, "zeros");
  expect(keptUnits("fc2.weight", moments)).toEqual(weights);
  const dropped = Array.from({ length: F }, (_, u) => u).filter((u) => !weights.includes(u));
  expect(dropped.flatMap((u) => columnOf(moments, u))).toEqual(Array(D * (F / 2)).fill(0));
});
