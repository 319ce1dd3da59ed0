/** Runs with `train.lora`: training, resuming, merging, and every reader of such a run. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeSafetensors } from "../../src/formats/safetensors.ts";
import type { NdArray } from "../../src/graph/array.ts";
import { exportLiveModel } from "../../src/runs/export-live-model.ts";
import { readState } from "../../src/runs/state-files.ts";
import {
  checkpointSteps,
  metricLines,
  moesaic,
  moesaicProcess,
  newestFile,
  signalAt,
  temporaryFolder,
  tinyRecipe,
  tinyTextRecipe,
} from "./moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);
const at = (name: string): string => join(folder.path, name);
const recipe = at("tiny.yaml");
const adapters = "train.lora={rank: 2, targets: ['*.attn.*', '*.moe.*']}";
const rate = "optimizer.learning_rate=0.03";
const files = ["model.safetensors", "optimizer.safetensors", "ema.safetensors"];

const decode = (base64: string) => decodeSafetensors(Buffer.from(base64, "base64"));
const json = async (...argv: string[]) => {
  const { code, out, err } = await moesaic(...argv, "--json");
  expect(code, err).toBe(0);
  return JSON.parse(out) as Record<string, number> & { texts?: unknown };
};
const weightsOf = (path: string) => decodeSafetensors(readFileSync(path)).tensors;
const bestWeights = async (run: string) => {
  const { best } = await checkpointSteps(at(run));
  return weightsOf(join(at(run), "checkpoints", String(best), "model.safetensors"));
};
const differing = (
  a: ReadonlyMap<string, NdArray>,
  b: ReadonlyMap<string, NdArray>,
): readonly string[] =>
  [...a].filter(([name, { data }]) => String(data) !== String(b.get(name)?.data)).map(([n]) => n);

beforeAll(async () => {
  writeFileSync(recipe, tinyRecipe);
  for (const [run, more] of [
    ["base", []],
    ["adapted", [`init_from={path: ${at("base")}}`, adapters, rate]],
  ] as const) {
    const { code, err } = await moesaic("train", recipe, ...more, "--run", at(run));
    expect(code, err).toBe(0);
    if (run === "adapted")
      expect(err).toMatch(/1\.1k of 7\.9k parameters train \(14\.\d\s%\); the others are frozen/);
  }
}, 60_000);

test("the base stays, bit for bit, and moments exist for what trains", async () => {
  const start = await bestWeights("base");
  const { tensors, metadata } = decode(await newestFile(at("adapted"), "model.safetensors"));
  expect(metadata).toEqual({ lora_alpha: "16" });
  const trained = ["head.weight", "head.bias"];
  const own = new Map([...tensors].filter(([name]) => !name.includes(".lora_")));
  expect(differing(own, start).toSorted()).toEqual(trained.toSorted());
  const moments = [...decode(await newestFile(at("adapted"), "optimizer.safetensors")).tensors];
  const adapted = [...tensors.keys()].filter((name) => name.includes(".lora_"));
  expect(moments.map(([name]) => name).toSorted()).toEqual(
    ["exp_avg", "exp_avg_sq"]
      .flatMap((m) => [...adapted, ...trained].map((name) => `${m}/${name}`))
      .toSorted(),
  );
});

test("after kill -9, the resumed run equals the uninterrupted one", async () => {
  const killed = at("killed");
  const run = ["train", recipe, `init_from={path: ${at("base")}}`, adapters, rate, "--run", killed];
  const stop = signalAt(
    folder.path,
    '"step":13,"epoch":2,"split":"train","name":"loss"',
    "SIGKILL",
  );
  expect((await moesaicProcess(run, stop)).code).toBe(null);
  expect((await moesaic("train", "--run", killed, "--resume")).code).toBe(0);
  expect(metricLines(killed)).toEqual(metricLines(at("adapted")));
  for (const file of files) {
    const [a, b] = [await newestFile(killed, file), await newestFile(at("adapted"), file)];
    expect(a === b, file).toBe(true);
  }
}, 60_000);

test("a merged run and a merged file give the scores of the adapted run", async () => {
  const merged = await json("merge", at("adapted"), "--out", at("merged"));
  expect(merged).toMatchObject({ run: at("adapted"), out: at("merged") });
  await json("merge", at("adapted"), "--out", at("merged.safetensors"));
  const scores = await json("eval", at("adapted"));
  expect(await json("eval", at("merged"))).toEqual(scores);

  const alone = weightsOf(at("merged.safetensors"));
  expect([...alone.keys()].some((name) => name.includes("lora_"))).toBe(false);
  const live = (await exportLiveModel(at("adapted"))).weights;
  expect(differing(alone, live)).toEqual([]);
  expect(differing(alone, (await exportLiveModel(at("merged"))).weights)).toEqual([]);
  expect(differing(alone, (await exportLiveModel(at("base"))).weights).length).toBeGreaterThan(10);

  // Training goes on with every parameter.
  const { code, err } = await moesaic("train", "--run", at("merged"), "--resume");
  expect(code, err).toBe(0);
  expect(err).not.toContain("parameters train");
}, 60_000);

test("another training starts from the merged weights, with adapters of its own or without", async () => {
  const from = `init_from={path: ${at("adapted")}}`;
  const still = ["train.max_steps=1", "schedule.warmup_steps=1", "optimizer.learning_rate=1e-30"];
  for (const [run, more] of [
    ["whole", []],
    ["again", ["train.lora={targets: ['*.attn.*']}"]],
  ] as const) {
    const { code, err } = await moesaic("train", recipe, from, ...more, ...still, "--run", at(run));
    expect(code, err).toBe(0);
    expect(err).not.toMatch(/missing in the file|not used/);
  }
  // init_from reads the last weights of the best checkpoint, not their averages.
  const [whole, again] = [await json("eval", at("whole")), await json("eval", at("again"))];
  expect(Math.abs(whole.loss! - again.loss!)).toBeLessThan(1e-5);
}, 60_000);

test("experts of an adapted run can be changed; the new run has fresh adapters", async () => {
  const changed = await moesaic(
    ...["experts", "add", at("adapted"), "--copy", "0", "--noise", "0", "--out", at("more")],
  );
  expect(changed.code, changed.err).toBe(0);
  const { tensors } = decode(await newestFile(at("more"), "model.safetensors"));
  const b = [...tensors].filter(([name]) => name.endsWith("lora_B.weight"));
  expect(b.length).toBeGreaterThan(10);
  expect(b.every(([, { data }]) => data.every((value) => value === 0))).toBe(true);
  // The new weights are the last ones, merged.
  const { best } = await checkpointSteps(at("adapted"));
  const stored = join(at("adapted"), "checkpoints", String(best));
  const { model } = await readState(stored, false);
  const fc1 = (from: ReadonlyMap<string, NdArray>, expert: number) =>
    String(from.get(`blocks.0.moe.experts.${expert}.fc1.weight`)!.data);
  // Shared experts come before the one of images.
  expect([0, 1, 2, 3, 4].map((e) => fc1(tensors, e))).toEqual(
    [0, 1, 2, 0, 3].map((e) => fc1(model, e)),
  );
  const { code, err } = await moesaic("train", "--run", at("more"), "--resume");
  expect(code, err).toBe(0);
}, 60_000);

test("upcycled experts have adapters of their own", async () => {
  const vit = `${tinyRecipe.slice(tinyRecipe.indexOf("data:"))}
model: { system: vit-moe, patch_size: 4, width: 16, num_layers: 2, num_heads: 2, moe_layers: none }
`;
  writeFileSync(at("vit.yaml"), vit);
  const dense = await moesaic("train", at("vit.yaml"), "--run", at("dense"));
  expect(dense.code, dense.err).toBe(0);
  const { code, err } = await moesaic(
    ...["train", at("vit.yaml"), "model.moe_layers=all", "model.moe={num_experts: 3}"],
    `init_from={path: ${at("dense")}, upcycle: true}`,
    "train.lora={rank: 2, targets: ['*.experts.*'], trained: ['head.*', '*.router.*']}",
    ...[rate, "--run", at("sparse")],
  );
  expect(code, err).toBe(0);
  expect(err).toContain("the 3 experts of blocks.0.moe start as copies of blocks.0.mlp");
  const { tensors } = decode(await newestFile(at("sparse"), "model.safetensors"));
  const expert = (e: number, name: string) =>
    String(tensors.get(`blocks.0.moe.experts.${e}.${name}`)!.data);
  expect(expert(1, "fc1.weight")).toBe(expert(0, "fc1.weight")); // the base of all is the dense layer
  expect(expert(1, "fc1.lora_A.weight")).not.toBe(expert(0, "fc1.lora_A.weight"));
  const { weights } = await exportLiveModel(at("sparse"));
  const merged = (e: number) => String(weights.get(`blocks.0.moe.experts.${e}.fc1.weight`)!.data);
  expect(merged(1)).not.toBe(merged(0));
}, 60_000);

test("a language model continues texts with its adapters merged", async () => {
  writeFileSync(at("text.txt"), "the router sends each token to two of the experts. ".repeat(40));
  writeFileSync(at("text.yaml"), tinyTextRecipe(at("text.txt")));
  const lora = "train.lora={rank: 2, targets: ['*'], trained: ['head.*', '*norm*']}";
  const { code, err } = await moesaic("train", at("text.yaml"), lora, "--run", at("text"));
  expect(code, err).toBe(0);
  await json("merge", at("text"), "--out", at("text-merged"));
  const say = (run: string) =>
    json("generate", at(run), "--prompt", "the ", "--temperature", "0", "--max-new-tokens", "8");
  const [own, merged] = [await say("text"), await say("text-merged")];
  expect(own.texts).toEqual(merged.texts);
  expect(own.texts).toHaveLength(1);
}, 60_000);

test("parameters counts adapters and what trains", async () => {
  const counted = await json("parameters", recipe, adapters);
  const plain = await json("parameters", recipe);
  expect(plain.trained).toBe(plain.parameters);
  // qkv [48, 16], proj [16, 16]; 4 experts with [32, 16] and [16, 32]; router [4, 16]: rank 2 each.
  const sizes = 2 * (48 + 16 + 16 + 16 + 4 * 2 * (32 + 16) + (4 + 16));
  expect(counted.parameters! - plain.parameters!).toBe(sizes);
  expect(counted.trained).toBe(sizes + 16 * 8 + 8);
  const { out } = await moesaic("parameters", recipe, adapters);
  expect(out).toMatch(/k of \d.\dk parameters train \(\d+\.\d\s%\); the others are frozen/);
});

test("a router can be frozen, or train alone, by rules", async () => {
  const moved = async (run: string, rules: string): Promise<readonly string[]> => {
    const settings = [
      `init_from={path: ${at("base")}}`,
      "train.max_steps=3",
      `optimizer.rules=${rules}`,
    ];
    const { code, err } = await moesaic("train", recipe, ...settings, "--run", at(run));
    expect(code, err).toBe(0);
    const end = decode(await newestFile(at(run), "model.safetensors")).tensors;
    return differing(end, await bestWeights("base"));
  };
  const frozen = await moved("router-frozen", "[{parameters: '*router*', frozen: true}]");
  expect(frozen.some((name) => name.includes("router"))).toBe(false);
  expect(frozen).toContain("head.weight");
  const alone = await moved(
    "router-alone",
    "[{parameters: '*router*'}, {parameters: '*', frozen: true}]",
  );
  expect(alone.length).toBeGreaterThan(0);
  expect(alone.every((name) => name.includes("router"))).toBe(true);
}, 60_000);

test("what does not fit is refused in a sentence", async () => {
  const refused = async (...argv: string[]) => {
    const { code, err } = await moesaic(...argv);
    expect(code, err).toBe(2);
    return err;
  };
  const bad = (lora: string) => refused("train", recipe, `train.lora=${lora}`, "--run", at("bad"));
  expect(await bad("{targets: ['*.conv']}")).toContain(
    "train.lora.targets: no linear layer is called *.conv; they are like blocks.0.attn.qkv, blocks.0.attn.proj",
  );
  expect(await bad("{targets: ['*'], trained: ['neck.*']}")).toContain(
    "train.lora.trained: no parameter is called neck.*",
  );
  expect(await bad("{rank: 0, targets: ['*']}")).toContain("train.lora.rank");
  expect(await bad("{rank: 4}")).toContain("train.lora.targets");
  expect(existsSync(at("bad"))).toBe(false);
  expect(await refused("merge", at("base"), "--out", at("none"))).toContain(
    "was trained without train.lora",
  );
  const config = join(at("adapted"), "config.yaml");
  const text = readFileSync(config, "utf8");
  expect(text).toContain("alpha: 16");
  writeFileSync(config, text.replace("alpha: 16", "alpha: 8"));
  const { code, err } = await moesaic("eval", at("adapted"));
  expect([code, err]).toEqual([
    1,
    expect.stringContaining("its adapters have lora_alpha 16, and this model's 8"),
  ]);
  writeFileSync(config, text);
});
