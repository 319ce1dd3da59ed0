/** Experts that start from the dense layers of one or several checkpoints. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { encodeSafetensors } from "../../formats/safetensors.ts";
import { allocate, array, type NdArray, toNumbers } from "../../graph/array.ts";
import { expertsKey, startOfExpert } from "../../moe/surgery/expert-start.ts";
import { initFromSchema } from "../../recipe/init-from/init-from-config.ts";
import { initializeTensors } from "./init-from.fixture.ts";
import { describeInit } from "./report.ts";

const folder = mkdtempSync(join(tmpdir(), "moesaic-upcycle-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file with a dense layer of two units, whose numbers start at `first`, and a norm. */
function dense(name: string, first: number, other: Record<string, NdArray> = {}): string {
  const path = join(folder, name);
  const tensors = {
    "blocks.0.mlp.fc1.weight": array([[first], [first + 1]]),
    "blocks.0.mlp.fc1.bias": array([first + 2, first + 3]),
    "blocks.0.mlp.fc2.weight": array([[first + 4, first + 5]]),
    "norm.weight": array([first]),
  };
  writeFileSync(path, Buffer.concat(encodeSafetensors({ ...tensors, ...other })));
  return path;
}
const [a, b, c] = [dense("a", 10), dense("b", 20), dense("c", 60)];

function model(numExperts = 4): Map<string, NdArray> {
  const shapes: Record<string, number[]> = { "norm.weight": [1] };
  for (let e = 0; e < numExperts; e++) {
    const expert = `blocks.0.moe.experts.${e}`;
    Object.assign(shapes, { [`${expert}.fc1.weight`]: [2, 1], [`${expert}.fc1.bias`]: [2] });
    Object.assign(shapes, { [`${expert}.fc2.weight`]: [1, 2] });
  }
  shapes["blocks.0.moe.router.weight"] = [numExperts, 1];
  return new Map(
    Object.entries(shapes).map(([name, shape]) => [name, allocate("float32", shape)] as const),
  );
}

async function start(options: object, { targets = model(), seed = 0 } = {}) {
  const report = await initializeTensors(initFromSchema.parse(options), targets, seed);
  const of = (name: string): number[] => toNumbers(targets.get(name)!);
  const inputs = [0, 1, 2, 3].map((e) => of(`blocks.0.moe.experts.${e}.fc1.weight`));
  return { report, of, inputs };
}

test("experts come from their sources in turn, and everything else is the mean", async () => {
  const { report, of, inputs } = await start({ upcycle: { sources: [a, b, c] } });
  expect(inputs).toEqual([[10, 11], [20, 21], [60, 61], [10, 11]]); // biome-ignore format: one row
  expect(of("blocks.0.moe.experts.1.fc2.weight")).toEqual([24, 25]);
  expect(of("norm.weight")).toEqual([(10 + 20 + 60) / 3]);
  expect(of("blocks.0.moe.router.weight")).toEqual([0, 0, 0, 0]); // stays fresh
  expect(describeInit(report)).toEqual([
    `13 tensors start from the weights of ${a}, ${b}, ${c}, averaged`,
    `the 4 experts of blocks.0.moe start as copies of blocks.0.mlp in ${a}, ${b}, ${c} in turn; its router is freshly initialised`,
  ]);
});

test("with a path, everything but the experts comes from it", async () => {
  const { of, inputs } = await start({ path: c, upcycle: { sources: [a, b] } });
  expect(inputs).toEqual([[10, 11], [20, 21], [10, 11], [20, 21]]); // biome-ignore format: one row
  expect(of("norm.weight")).toEqual([60]);
});

test("drop and noise: each expert draws by the seed and its own name", async () => {
  const upcycle = { method: "drop", noise: 0.1 };
  const { inputs, report } = await start({ path: a, upcycle });
  const layer = array([[10], [11]]);
  const options = { drop: 0.5, noise: 0.1, key: expertsKey(0) };
  for (const [e, input] of inputs.entries()) {
    const place = { expert: `blocks.0.moe.experts.${e}`, tensor: "fc1.weight" };
    expect(input).toEqual(toNumbers(startOfExpert(layer, place, options)));
  }
  expect(new Set(inputs.map(String)).size).toBe(4);
  expect((await start({ path: a, upcycle })).inputs).toEqual(inputs);
  expect((await start({ path: a, upcycle }, { seed: 1 })).inputs).not.toEqual(inputs);
  expect(describeInit(report)[1]).toBe(
    "the 4 experts of blocks.0.moe start as copies of blocks.0.mlp, with 50 % of their hidden units drawn anew, with noise of 0.1 times their root mean square; its router is freshly initialised",
  );
});

test("dropped units alone change: the other half of each expert is the dense layer", async () => {
  const { inputs, of } = await start({ path: a, upcycle: { method: "drop" } });
  for (const [e, input] of inputs.entries()) {
    // One entry of two is replaced by the mean of itself, with deviation 0.
    expect(input).toEqual([10, 11]);
    expect(of(`blocks.0.moe.experts.${e}.fc2.weight`)).toEqual([14, 15]);
  }
  const whole = await start({ path: a, upcycle: { method: "drop", drop: 1 } });
  expect(whole.inputs.flat().every((value) => value !== 10 && value !== 11)).toBe(true);
});

test("sources that do not fit are refused with the tensor and both files", async () => {
  const other = dense("other", 0, { "norm.weight": array([1, 2]) });
  const sources = (...names: string[]) => ({ upcycle: { sources: names } });
  await expect(start(sources(a, other))).rejects.toThrow(
    `init_from.upcycle.sources: tensor "norm.weight" is float32 [1] in ${a} and float32 [2] in ${other}, so there is no mean; exclude it, or name a path for everything but the experts`,
  );
  const { report, inputs } = await start({ ...sources(a, other), exclude: ["norm.*"] });
  expect([report.filled.length, inputs[1]]).toEqual([12, [0, 1]]);

  const bare = join(folder, "bare");
  writeFileSync(bare, Buffer.concat(encodeSafetensors({ "norm.weight": array([1]) })));
  await expect(start({ path: a, ...sources(a, bare) })).rejects.toThrow(
    `${bare} has no tensor "blocks.0.mlp.fc1.weight", from which blocks.0.moe.experts.1 starts`,
  );
  await expect(start({ path: a, ...sources(bare) })).rejects.toThrow(
    "no layer with experts of the model has a dense layer in",
  );
  await expect(start(sources(a, b, c), { targets: model(2) })).rejects.toThrow(
    "init_from.upcycle.sources names 3 models for the 2 experts of blocks.0.moe; name at most 2",
  );
  await expect(start(sources(a, join(folder, "none")))).rejects.toThrow(
    /^init_from.upcycle.sources .*none does not exist/,
  );
});

test.each([
  [{ upcycle: { method: "copy" } }, "give either path or parts"],
  [{ path: a, upcycle: { drop: 0.5 } }, "drop needs method: drop"],
  [{ path: a, upcycle: { sources: [] } }, "sources"],
  [{ path: a, upcycle: { method: "drop", drop: 1.5 } }, "drop"],
  [{ parts: { image: { upcycle: true } } }, "path is missing"],
])("settings that contradict each other are refused: %o", (settings, message) => {
  expect(() => initFromSchema.parse(settings)).toThrow(message);
});
