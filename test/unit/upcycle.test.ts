/** Trainings whose experts start from the dense layers of other runs. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeSafetensors } from "../../src/formats/safetensors.ts";
import type { NdArray } from "../../src/graph/array.ts";
import { moesaic, temporaryFolder } from "./moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);
const at = (name: string): string => join(folder.path, name);

const recipe = `
model:
  system: text-classifier
  width: 16
  num_layers: 2
  num_heads: 2
  context_length: 8
  moe_layers: none
  moe:
    num_experts: 3
    router: { name: softmax_top_k, num_selected_experts: 2 }
    experts: { mlp_ratio: 2 }
data:
  name: labelled-text
  files: { train: ${at("all.csv")}, validation: ${at("all.csv")} }
  columns: { text: [text], label: label, header: true }
  tokenizer: { kind: word }
optimizer: { name: adamw, learning_rate: 0.01 }
train: { batch_size: 8, max_steps: 12, eval_every: 12 }
runtime: { threads: 1 }
`;

async function train(run: string, ...settings: readonly string[]): Promise<string> {
  const { code, err } = await moesaic("train", at("recipe.yaml"), ...settings, "--run", at(run));
  expect(code, err).toBe(0);
  return err;
}

/** The weights of the only checkpoint. */
function weightsOf(run: string): ReadonlyMap<string, NdArray> {
  const steps = readdirSync(join(at(run), "checkpoints"));
  expect(steps).toEqual(["12"]);
  const file = join(at(run), "checkpoints", "12", "model.safetensors");
  return decodeSafetensors(readFileSync(file)).tensors;
}

const sparse = ["model.moe_layers=[1]", "data.tokenizer={kind: pretrained}", "seed=5"];
/** With updates below the precision of the weights, the checkpoint holds the initial ones. */
const still = [...sparse, "optimizer.learning_rate=1e-30"];
const sources = `init_from.upcycle.sources=[${at("a")}, ${at("b")}]`;

beforeAll(async () => {
  const words = { good: ["fine", "great", "warm"], bad: ["dull", "weak", "cold"] };
  const rows = Object.entries(words).flatMap(([label, list]) =>
    list.map((word) => `a ${word} film,${label}`),
  );
  writeFileSync(at("all.csv"), ["text,label", ...rows, ...rows].join("\n"));
  writeFileSync(at("recipe.yaml"), recipe);
  await train("a", "seed=1");
  await train("b", "seed=2");
}, 60_000);

test("experts of two runs in turn, the rest their mean, and the tokenizer of the first", async () => {
  const best = ["a", "b"].map(weightsOf);
  const notes = await train("mixed", ...still, sources);
  expect(notes).toMatch(/the 3 experts of blocks.1.moe start as copies of blocks.1.mlp in .*a, .*b in turn/); // biome-ignore format: one pattern
  const mixed = weightsOf("mixed");
  for (const [expert, source] of [0, 1, 0].entries()) {
    const own = mixed.get(`blocks.1.moe.experts.${expert}.fc2.weight`)!.data;
    expect(own).toEqual(best[source]!.get("blocks.1.mlp.fc2.weight")!.data);
  }
  const name = "blocks.0.mlp.fc1.weight";
  const [one, two] = best.map((weights) => weights.get(name)!.data as Float32Array);
  const mean = Float32Array.from(one!, (value, i) => (value + two![i]!) / 2);
  expect(mixed.get(name)!.data).toEqual(mean);
  const tokenizers = ["a", "mixed"].map((run) => readFileSync(join(at(run), "tokenizer.json")));
  expect(tokenizers[0]!.equals(tokenizers[1]!)).toBe(true);
});

test("dropped units and noise: equal seeds give equal runs", async () => {
  const from = [`init_from.path=${at("a")}`, "init_from.upcycle={method: drop, noise: 0.1}"];
  await train("one", ...sparse, ...from);
  await train("two", ...sparse, ...from);
  const [one, two] = [weightsOf("one"), weightsOf("two")];
  for (const [name, { data }] of one) expect(two.get(name)!.data, name).toEqual(data);
  const first = one.get("blocks.1.moe.experts.0.fc1.weight")!.data;
  expect(first).not.toEqual(one.get("blocks.1.moe.experts.1.fc1.weight")!.data);
});
