/** `moesaic experts`: runs with changed experts, and the trainings that continue from them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeSafetensors } from "../../src/formats/safetensors.ts";
import type { NdArray } from "../../src/graph/array.ts";
import { readMetrics } from "../../src/runs/metrics/metrics-file.ts";
import { moesaic, temporaryFolder } from "./moesaic.fixture.ts";

const common = `seed: 1
data:
  name: shapes
  image_size: 16
  train_size: 32
  validation_size: 32
  test_size: 32
  workers: 0
  normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }
optimizer: { name: adamw, learning_rate: 0.01 }
schedule: { kind: constant }
train:
  batch_size: 16
  max_steps: 60
  eval_every: 20
  ema_decay: 0.5
  log_experts_every: 20
runtime: { threads: 1 }
`;
const shape = "patch_size: 4, width: 16, num_layers: 2, num_heads: 2";
const diffMoe = `${common}model: { system: diff-moe, ${shape}, num_shared_experts: 3, num_modality_specific_experts: 1, mlp_ratio: 2, dropout: 0 }
`;

const vit = (layers: string, more = ""): string =>
  `${common}model: { system: vit-moe, ${shape}, moe_layers: ${layers}, moe: { num_experts: 4, experts: { mlp_ratio: 2 } ${more} } }
`;

const folder = temporaryFolder();
afterAll(folder.remove);
const at = (name: string): string => join(folder.path, name);

async function trainNew(name: string, recipe: string): Promise<void> {
  writeFileSync(at(`${name}.yaml`), recipe);
  const { code, err } = await moesaic("train", at(`${name}.yaml`), "--run", at(name), "--json");
  expect(code, err).toBe(0);
}

beforeAll(() => trainNew("base", diffMoe), 60_000);

/** Changes a run and parses the command's output. */
async function change(action: string, run: string, out: string, ...options: string[]) {
  const to = ["--out", at(out), "--json", ...options];
  const result = await moesaic("experts", action, at(run), ...to);
  expect(result.code, result.out + result.err).toBe(0);
  expect(result.err).toContain(`to continue: moesaic train --run ${at(out)} --resume`);
  return JSON.parse(result.out) as {
    step: number;
    layers: { layer: string; experts_before: number; experts_after: number; sources: number[][] }[];
    parameters: { total: number; active: number };
  };
}

function tensorsOf(run: string, file: string, step?: number): Map<string, NdArray> {
  const root = join(at(run), "checkpoints");
  const steps = readdirSync(root).filter((name) => /^\d+$/.test(name));
  const chosen = step === undefined ? steps : [String(step)];
  expect(chosen).toHaveLength(1);
  return decodeSafetensors(readFileSync(join(root, chosen[0]!, file))).tensors;
}

const sizeOf = (run: string): number =>
  [...tensorsOf(run, "model.safetensors").values()].reduce((sum, { data }) => sum + data.length, 0);

/** Continues training and compares the mean loss of the first five steps with the last five. */
async function continueTraining(run: string): Promise<void> {
  const { code, err } = await moesaic("train", "--run", at(run), "--resume", "train.max_steps=30");
  expect(code, err).toBe(0);
  expect(err).toContain("resumed at step 0");
  const losses = (await readMetrics(join(at(run), "metrics.jsonl")))
    .filter(({ split, name }) => split === "train" && name === "loss")
    .map(({ value }) => value);
  expect(losses).toHaveLength(30);
  expect(losses.every(Number.isFinite)).toBe(true);
  const mean = (part: readonly number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
  expect(mean(losses.slice(-5))).toBeLessThan(mean(losses.slice(0, 5)));
}

test("list shows every expert with its kind and load", async () => {
  const { code, out } = await moesaic("experts", "list", at("base"), "--json");
  expect(code).toBe(0);
  const { layers } = JSON.parse(out) as {
    layers: { layer: string; experts: { kind: string; load: number; parameters: number }[] }[];
  };
  expect(layers.map(({ layer }) => layer)).toEqual(["blocks.0.moe", "blocks.1.moe"]);
  for (const { experts } of layers) {
    expect(experts.map(({ kind }) => kind)).toEqual(["shared", "shared", "shared", "image"]);
    expect(experts.reduce((sum, { load }) => sum + load, 0)).toBeCloseTo(1, 5);
    expect(experts[0]!.parameters).toBe(16 * 32 + 32 + 32 * 16 + 16 + 32);
  }
  const table = await moesaic("experts", "list", at("base"));
  expect(table.out).toMatch(/^layer +expert +kind +parameters +load\n/);
});

describe("add", () => {
  test("a copy without noise has the weights, averages and moments of its source", async () => {
    const added = await change("add", "base", "copied", "--copy", "1", "--noise", "0");
    expect(added.layers.map(({ sources }) => sources)).toEqual(
      Array(2).fill([[0], [1], [2], [1], [3]]),
    );
    expect(readFileSync(join(at("copied"), "config.yaml"), "utf8")).toContain(
      "num_shared_experts: 4",
    );
    for (const file of ["model.safetensors", "ema.safetensors", "optimizer.safetensors"]) {
      const before = tensorsOf("base", file, added.step);
      const after = tensorsOf("copied", file);
      for (const [name, { data }] of after) {
        if (name.includes("router")) continue;
        const source = name.replace(
          /experts\.(\d)/,
          (_, e) => `experts.${[0, 1, 2, 1, 3][Number(e)]}`,
        );
        expect(data, name).toEqual(before.get(source)!.data);
      }
    }
    expect(added.parameters.total).toBe(sizeOf("copied"));
    await continueTraining("copied");
  });

  test("fresh experts start as in a new model, without moments", async () => {
    await change("add", "base", "fresh", "--fresh", "1", "--kind", "image");
    expect(readFileSync(join(at("fresh"), "config.yaml"), "utf8")).toContain(
      "num_modality_specific_experts: 2",
    );
    const moments = tensorsOf("fresh", "optimizer.safetensors");
    const squares = [...moments.keys()].filter((name) => /experts\.[34]\.fc1\.weight/.test(name));
    expect(squares.length).toBe(8);
    for (const name of squares) {
      const empty = moments.get(name)!.data.every((value) => Number(value) === 0);
      expect(empty, name).toBe(name.includes("experts.4."));
    }
    const weights = tensorsOf("fresh", "model.safetensors");
    expect(weights.get("blocks.0.moe.experts.4.fc1.weight")!.data.some(Boolean)).toBe(true);
    await continueTraining("fresh");
  });
});

test("remove: the least used experts are removed, and the others keep their weights", async () => {
  const { step, layers } = await change("remove", "base", "removed", "--least-used", "1");
  expect(layers.map(({ experts_after }) => experts_after)).toEqual([3, 3]);
  const before = tensorsOf("base", "model.safetensors", step);
  const after = tensorsOf("removed", "model.safetensors");
  for (const { layer, sources } of layers) {
    const rows = before.get(`${layer}.router.weight`)!.data as Float32Array;
    for (const [e, [source]] of sources.entries()) {
      const name = "fc2.weight";
      expect(after.get(`${layer}.experts.${e}.${name}`)!.data).toEqual(
        before.get(`${layer}.experts.${source}.${name}`)!.data,
      );
      const row = (after.get(`${layer}.router.weight`)!.data as Float32Array).slice(
        e * 16,
        e * 16 + 16,
      );
      expect(row).toEqual(rows.slice(source! * 16, source! * 16 + 16));
    }
  }
  await continueTraining("removed");
});

test("merge: groups become their mean weighted by load, aligned", async () => {
  const options = ["--experts", "0,2", "--weights", "load", "--align"];
  const { layers } = await change("merge", "base", "merged", ...options);
  expect(layers[0]!.sources).toEqual([[0, 2], [1], [3]]);
  await continueTraining("merged");
});

describe("upcycle", () => {
  const scoreOf = async (run: string): Promise<Record<string, number>> => {
    const { code, out, err } = await moesaic("eval", at(run), "--split", "validation", "--json");
    expect(code, err).toBe(0);
    return JSON.parse(out) as Record<string, number>;
  };

  test("the sparse model scores like the dense one, and continues training", async () => {
    await trainNew("dense", vit("none"));
    const { layers, parameters } = await change("upcycle", "dense", "sparse");
    expect(layers.map(({ experts_before }) => experts_before)).toEqual([0, 0]);
    expect(layers.map(({ experts_after }) => experts_after)).toEqual([4, 4]);
    expect(parameters.total).toBe(sizeOf("sparse"));
    const [dense, sparse] = [await scoreOf("dense"), await scoreOf("sparse")];
    expect(sparse.accuracy).toBe(dense.accuracy);
    expect(sparse.loss).toBeCloseTo(dense.loss!, 5);
    const moments = tensorsOf("sparse", "optimizer.safetensors");
    const own = [...moments.keys()].filter((name) => name.includes("blocks.1.moe"));
    for (const name of own) {
      expect(moments.get(name)!.data.some(Boolean), name).toBe(!name.includes("router"));
    }
    await continueTraining("sparse");
  });

  test("settings of the new model are arguments", async () => {
    const settings = ["model.moe_layers=[1]", "model.moe.num_experts=3", "model.moe.router.name=switch"]; // biome-ignore format: one line
    const { layers } = await change("upcycle", "dense", "third", ...settings, "--noise", "0.1");
    expect(layers.map(({ layer, experts_after }) => [layer, experts_after])).toEqual([
      ["blocks.1.moe", 3],
    ]);
    const weights = tensorsOf("third", "model.safetensors");
    const [first, second] = [0, 1].map(
      (e) => weights.get(`blocks.1.moe.experts.${e}.fc1.weight`)!.data,
    );
    expect(first).not.toEqual(second);
    expect(weights.has("blocks.0.mlp.fc1.weight")).toBe(true);
  });

  test("drop-upcycling: half of each expert's units are drawn anew, and their moments are zeros", async () => {
    const { step } = await change("upcycle", "dense", "dropped", "--drop", "0.5");
    const weights = tensorsOf("dropped", "model.safetensors");
    const moments = [...tensorsOf("dropped", "optimizer.safetensors")];
    const dense = tensorsOf("dense", "model.safetensors", step);
    const layer = dense.get("blocks.1.mlp.fc1.bias")!.data;
    const dropped = [0, 1].map((e) => {
      const bias = `blocks.1.moe.experts.${e}.fc1.bias`;
      const own = weights.get(bias)!.data;
      const units = [...layer.keys()].filter((u) => own[u] !== layer[u]);
      expect(units).toHaveLength(layer.length / 2);
      const both = moments.filter(([name]) => name.endsWith(bias));
      expect(both).toHaveLength(2);
      for (const [, { data }] of both)
        expect(units.map((u) => data[u])).toEqual(units.map(() => 0));
      return units;
    });
    expect(dropped[0]).not.toEqual(dropped[1]);
    await continueTraining("dropped");
  });

  test("experts of another form, no experts, or a second upcycling", async () => {
    const refusals: [string, string][] = [
      ["model.moe.experts.mlp_ratio=3", "experts must have the dense layer's form"],
      ["model.moe.experts.num_shared=1", "nothing at blocks.0.moe.shared_experts"],
      ["model.moe_layers=none", "has no layer with experts"],
      ["model.moe.num_experts=1", "num_selected_experts"],
    ];
    for (const [setting, message] of refusals) {
      const to = ["--out", at("never")];
      const { code, err } = await moesaic("experts", "upcycle", at("dense"), setting, ...to);
      expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    }
    const again = await moesaic("experts", "upcycle", at("sparse"), "--out", at("never"));
    expect([again.code, again.err]).toEqual([2, expect.stringContaining("has experts already")]);
    const add = await moesaic("experts", "add", at("dense"), "--fresh", "1", "--out", at("never"));
    expect([add.code, add.err]).toEqual([2, expect.stringContaining("this model has no experts")]);
    expect(existsSync(at("never"))).toBe(false);
  });
});

test("loss-free balancing: the experts' biases are states that follow them", async () => {
  await trainNew("free", vit("all", ", router: { name: loss_free_bias }"));
  const { step } = await change("remove", "free", "freed", "--experts", "1");
  const before = tensorsOf("free", "model.safetensors", step);
  const name = "blocks.0.moe.router.expert_bias";
  const bias = Array.from(before.get(name)!.data as Float32Array);
  expect(Array.from(tensorsOf("freed", "model.safetensors").get(name)!.data, Number)).toEqual(
    bias.filter((_, e) => e !== 1),
  );
  await continueTraining("freed");
});

describe("invalid changes are refused with a clear error, and nothing is written", () => {
  const refused = async (...argv: string[]) => {
    const { code, out, err } = await moesaic("experts", ...argv);
    expect(out).toBe("");
    expect(err).toMatch(/^error: [^\n]*\n$/);
    return { code, err };
  };

  test.each<[string, string[], string]>([
    ["an expert out of range", ["remove", "--experts", "4"], "no expert 4; its experts are 0 to 3"],
    ["too few left", ["remove", "--experts", "0,1,2"], "fewer than num_selected_experts 2"],
    ["no numbers", ["remove", "--experts", "one"], "--experts takes numbers such as 1,4"],
    ["a negative count", ["add", "--fresh", "-1"], '--fresh takes a whole number >= 1, got "-1"'],
    ["bad noise", ["add", "--copy", "0", "--noise", "-1"], "--noise takes a number"],
    ["bad weights", ["merge", "--experts", "0,1", "--weights", "much"], "--weights takes equal"],
    ["a bad checkpoint", ["add", "--copy", "0", "--checkpoint", "first"], "best, latest or a step"],
    ["one expert", ["merge", "--experts", "1"], "a merge needs two experts or more"],
    [
      "layers that differ",
      ["remove", "--experts", "blocks.0.moe=0", "--experts", "blocks.1.moe=0,1"],
      "blocks.0.moe would have 2 + 1 experts and blocks.1.moe 1 + 1",
    ],
    ["experts already", ["upcycle"], "diff-moe has no dense form"],
  ])("%s", async (_, [action, ...options], message) => {
    const result = await refused(action!, at("base"), "--out", at("never"), ...options);
    expect(result).toMatchObject({ code: 2 });
    expect(result.err).toContain(message);
    expect(existsSync(at("never"))).toBe(false);
  });

  test("unsuitable runs and directories", async () => {
    const copy = ["--copy", "0", "--out"];
    expect((await refused("add", at("nothing"), ...copy, at("never"))).err).toContain(
      "is not a run directory",
    );
    mkdirSync(at("untrained"));
    writeFileSync(join(at("untrained"), "config.yaml"), diffMoe);
    expect((await refused("add", at("untrained"), ...copy, at("never"))).err).toContain(
      "has no checkpoint yet",
    );
    expect((await refused("add", at("base"), ...copy, at("base"), "--overwrite")).err).toContain(
      "is the run to change",
    );
    mkdirSync(at("taken"));
    writeFileSync(join(at("taken"), "notes.txt"), "mine");
    expect((await refused("add", at("base"), ...copy, at("taken"))).err).toContain("not empty");
    writeFileSync(at("file"), "");
    expect((await refused("add", at("base"), ...copy, at("file"))).err).toContain("is a file");
    expect((await refused("add", at("base"), ...copy, join(at("file"), "deeper"))).code).toBe(2);
    expect((await refused("add", at("base"), "--copy", "0")).err).toContain("--out");
    expect(readdirSync(at("taken"))).toEqual(["notes.txt"]);
  });

  test("an existing run is replaced only with --overwrite", async () => {
    await change("add", "base", "twice", "--fresh", "1");
    const again = await refused("add", at("base"), "--fresh", "2", "--out", at("twice"));
    expect(again.err).toContain("--overwrite");
    const { layers } = await change("add", "base", "twice", "--fresh", "2", "--overwrite");
    expect(layers[0]!.experts_after).toBe(6);
  });
});
