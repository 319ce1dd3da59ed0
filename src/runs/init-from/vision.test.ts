/** Models with experts and other grids start from a vision transformer with timm's names. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { fromSnakeCase } from "../../config/case.ts";
import { decodeSafetensors, encodeSafetensors } from "../../formats/safetensors.ts";
import { allocate, type NdArray, toNumbers } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { init } from "../../learn/apply/apply.ts";
import { apply } from "../../learn/native.ts";
import { evaluationGraph, type StepGraph } from "../../learn/step-graph.ts";
import { expectClose, readFixture } from "../../models/pytorch.fixture.ts";
import { sfMoeSchema } from "../../models/sf-moe/config.ts";
import { createClassifier } from "../../models/systems.ts";
import type { Scope } from "../../nn/scope.ts";
import { foldIn, key } from "../../random/index.ts";
import { initFromSchema } from "../../recipe/init-from/init-from-config.ts";
import { nativeRuntime } from "../../runtime/native/native.ts";
import { classification } from "../../tasks/classification/images.ts";
import { initializeTensors } from "./init-from.fixture.ts";
import { resizeGrid } from "./positions.ts";
import { describeInit } from "./report.ts";

const folder = mkdtempSync(join(tmpdir(), "moesaic-init-vision-"));
afterAll(() => rmSync(folder, { recursive: true }));

// Two dense blocks, a class token before 3x3 patches, five classes; logits are PyTorch's.
const { weights, arrays } = readFixture("sf-moe-dense");
const path = join(folder, "vit.safetensors");
writeFileSync(path, Buffer.concat(encodeSafetensors(weights)));

const top2 = { name: "softmax_top_k" as const, num_selected_experts: 2 };
const cosine = { name: "cosine" as const, projection_width: 8 };

/** Four experts with the architecture of the dense layer, without capacity limit and losses. */
const fourExperts = (router: object, ratio = 2) => ({
  num_experts: 4,
  router,
  dispatch: { name: "dropless" as const },
  experts: { mlp_ratio: ratio },
  losses: [],
});

interface Model {
  readonly graph: StepGraph;
  readonly parameters: Map<string, NdArray>;
}

function modelOf(overrides: object = {}, { side = 12, numClasses = 5 } = {}): Model {
  const sizes = { patch_size: 4, width: 16, num_layers: 2, num_heads: 2, blocks: "FS" };
  const moe = fourExperts(top2);
  const settings = sfMoeSchema.parse({ system: "sf-moe", ...sizes, moe, ...overrides });
  const classifier = createClassifier(fromSnakeCase(settings), {
    numClasses,
    imageShape: [2, side, side],
  });
  const graph = evaluationGraph(classification(classifier), {
    images: { dtype: "float32", shape: [4, 2, side, side] },
    labels: { dtype: "int64", shape: [4] },
  });
  const parameters = [...graph.trace.parameters].map(([name, { shape, init }]) => {
    const value = allocate("float32", shape);
    value.data.set(init(foldIn(key(0), name), shape));
    return [name, value] as const;
  });
  return { graph, parameters: new Map<string, NdArray>(parameters) };
}

const load = ({ parameters }: Model, options: object = {}) =>
  initializeTensors(initFromSchema.parse({ path, ...options }), parameters);

async function logitsOf({ graph, parameters }: Model): Promise<NdArray> {
  const session = await nativeRuntime().createSession(graph.model.bytes, { threads: 1 });
  try {
    const { images, labels } = arrays;
    const feeds = { ...Object.fromEntries(parameters), images: images!, labels: labels! };
    return (await session.run(feeds, ["logits"])).logits!;
  } finally {
    session.dispose();
  }
}

test("a dense model uses the weights unchanged", async () => {
  const model = modelOf({ blocks: "FF" });
  const { filled, ...rest } = await load(model);
  expect([...filled].sort()).toEqual(Object.keys(weights).sort());
  expect(rest).toMatchObject({ upcycled: [], resampled: [], skipped: [], missing: [], unused: [] });
  expectClose("logits", await logitsOf(model), arrays.logits!, 1e-5);
});

test("experts start as the dense layer: with weights of sum 1 the logits equal PyTorch's", async () => {
  const model = modelOf();
  const report = await load(model, { upcycle: true });
  expect(describeInit(report)).toEqual([
    `${report.filled.length} tensors start from the weights of ${path}`,
    "the 4 experts of blocks.1.moe start as copies of blocks.1.mlp; its router is freshly initialised",
  ]);
  for (const e of [0, 3]) {
    const copy = model.parameters.get(`blocks.1.moe.experts.${e}.fc1.weight`)!;
    expect(toNumbers(copy)).toEqual(toNumbers(weights["blocks.1.mlp.fc1.weight"]!));
  }
  expectClose("logits", await logitsOf(model), arrays.logits!, 1e-5);
});

test("experts of two equal sources, and their mean, compute the logits too; dropped units do not", async () => {
  const both = modelOf();
  await load(both, { path: undefined, upcycle: { sources: [path, path] } });
  expectClose("logits", await logitsOf(both), arrays.logits!, 1e-5);
  const dropped = modelOf();
  await load(dropped, { upcycle: { method: "drop", drop: 0.5 } });
  const logits = toNumbers(await logitsOf(dropped));
  const difference = logits.map((x, i) => Math.abs(x - toNumbers(arrays.logits!)[i]!));
  expect(Math.max(...difference)).toBeGreaterThan(0.01);
});

test("one expert with GMoE's gate scales the dense layer by its probability", async () => {
  const model = modelOf({ moe: fourExperts(cosine) });
  await load(model, { upcycle: true });
  const even = allocate("float32", [8, 4]); // no similarity: probabilities of 1/4
  model.parameters.set("blocks.1.moe.router.sim_matrix", even);
  const dense = modelOf({ blocks: "FF" });
  await load(dense);
  for (const name of ["weight", "bias"]) {
    const { data } = dense.parameters.get(`blocks.1.mlp.fc2.${name}`)!;
    for (const [i, value] of data.entries()) data[i] = Number(value) / 4;
  }
  const [scaled, expected] = [await logitsOf(model), await logitsOf(dense)];
  expectClose("logits", scaled, expected, 1e-5);
  const difference = toNumbers(scaled).map((value, i) => value - toNumbers(arrays.logits!)[i]!);
  expect(Math.max(...difference.map(Math.abs))).toBeGreaterThan(0.1);
});

test.each([
  [20, 5],
  [8, 2],
])("positions for images of %i pixels (PyTorch, bicubic with antialiasing)", async (side, grid) => {
  const model = modelOf({ blocks: "FF" }, { side });
  const report = await load(model);
  expect(report.resampled).toEqual([{ name: "pos_embed", from: "3x3", to: `${grid}x${grid}` }]);
  expect(describeInit(report)[1]).toBe(
    `pos_embed is resampled from 3x3 to ${grid}x${grid} patches`,
  );
  expectClose("positions", model.parameters.get("pos_embed")!, arrays[`positions_${grid}`]!, 1e-6);
});

test("resampling keeps constant grids, grids of the same size, and the mean of a 2x2 grid", () => {
  expect([...resizeGrid(new Float32Array(4).fill(3), 2, 7, 1)]).toSatisfy((values: number[]) =>
    values.every((value) => Math.abs(value - 3) < 1e-6),
  );
  expect([...resizeGrid(Float32Array.of(1, 2, 3, 4), 2, 2, 1)]).toEqual([1, 2, 3, 4]);
  expect(resizeGrid(Float32Array.of(1, 2, 3, 4), 2, 1, 1)[0]).toBeCloseTo(2.5, 6);
});

test.each([
  ["", "images", 12],
  ["large_", "large", 8],
])(
  "timm's layer scales are folded, and its positions resampled: %sfeatures",
  async (prefix, name, side) => {
    const timm = fileURLToPath(new URL("../../pretrained/fixtures/timm", import.meta.url));
    const expected = decodeSafetensors(readFileSync(`${timm}/expected.safetensors`)).tensors;
    const sizes = { patch_size: 4, width: 16, num_layers: 2, num_heads: 4, blocks: "FF" };
    const moe = { experts: { mlp_ratio: 2 } };
    const settings = sfMoeSchema.parse({ system: "sf-moe", ...sizes, moe });
    const classifier = createClassifier(fromSnakeCase(settings), { numClasses: 2, imageShape: [3, side, side] }); // biome-ignore format: one call
    const logits = (scope: Scope, given: { readonly images: Tensor }) => classifier.logits(scope, given.images); // biome-ignore format: one line
    const inputs = { images: expected.get(name)! };
    const tensors = init(logits, inputs);
    const exclude = ["head.*"];
    await initializeTensors(initFromSchema.parse({ path: timm, exclude }), tensors);
    const { taps } = await apply(logits, tensors, inputs, { taps: true });
    expectClose("features", taps.features!, expected.get(`${prefix}features`)!, 1e-5);
  },
);

test("a head for other classes is freshly initialised, and this is reported", async () => {
  const model = modelOf({ blocks: "FF" }, { numClasses: 7 });
  const before = toNumbers(model.parameters.get("head.weight")!);
  const report = await load(model);
  expect(report.skipped.map(({ name }) => name)).toEqual(["head.weight", "head.bias"]);
  expect(describeInit(report)[1]).toBe(
    "head.weight is freshly initialised: the file has float32 [5, 16], the model float32 [7, 16]",
  );
  expect(toNumbers(model.parameters.get("head.weight")!)).toEqual(before);
});

test("without upcycling, or with experts of another width, experts are not initialised", async () => {
  await expect(load(modelOf())).rejects.toThrow("blocks.1.mlp.fc1.weight");
  const wide = modelOf({ moe: fourExperts(top2, 3) });
  await expect(load(wide, { upcycle: true })).rejects.toThrow(
    "blocks.1.moe.experts.0.fc1.weight is float32 [32, 16] in the file and float32 [48, 16] in the model",
  );
});

test("rows of other class tokens: a second one keeps its own, without class token the first is dropped", async () => {
  const table = toNumbers(weights.pos_embed!);
  const distilled = modelOf({ blocks: "FF", distilled: true });
  const fresh = toNumbers(distilled.parameters.get("pos_embed")!).slice(16, 32);
  const report = await load(distilled, { strict: false });
  expect(report.missing).toEqual(["dist_token", "head_dist.weight", "head_dist.bias"]);
  const rows = toNumbers(distilled.parameters.get("pos_embed")!);
  expect(rows).toEqual([...table.slice(0, 16), ...fresh, ...table.slice(16)]);
  const mean = modelOf({ blocks: "FF", pool: "mean" });
  expect((await load(mean, { exclude: ["cls_token"] })).missing).toEqual([]);
  expect(toNumbers(mean.parameters.get("pos_embed")!)).toEqual(table.slice(16));
});

test("a class token with a separate position takes the first row", async () => {
  const targets = new Map<string, NdArray>([
    ["vision.cls_token", allocate("float32", [1, 1, 16])],
    ["vision.cls_pos_embed", allocate("float32", [1, 1, 16])],
    ["vision.pos_embed", allocate("float32", [1, 4, 16])],
  ]);
  const include = ["vision.cls*", "vision.pos_embed"];
  const rename = [{ from: "", to: "vision." }];
  const settings = initFromSchema.parse({ path, rename, include });
  const { filled } = await initializeTensors(settings, targets);
  expect(filled).toEqual([...targets.keys()]);
  const table = toNumbers(weights.pos_embed!);
  expect(toNumbers(targets.get("vision.cls_pos_embed")!)).toEqual(table.slice(0, 16));
  const patches = toNumbers(arrays.positions_2!).slice(16);
  for (const [i, value] of toNumbers(targets.get("vision.pos_embed")!).entries()) {
    expect(value).toBeCloseTo(patches[i]!, 5);
  }
});
