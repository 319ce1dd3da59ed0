/** Routing metrics of real trainings, and `moesaic agreement` between their checkpoints. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { MetricEvent } from "../../src/inspect/types/run-record.ts";
import { listCheckpoints } from "../../src/runs/checkpoints/checkpoint-store.ts";
import { readMetrics } from "../../src/runs/metrics/metrics-file.ts";
import { moesaic, temporaryFolder } from "./moesaic.fixture.ts";

const E = 4;
const LAYER = "experts/blocks.0.moe";

const recipe = (moe: string): string => `seed: 2
model:
  system: vit-moe
  patch_size: 8
  width: 8
  num_layers: 1
  num_heads: 2
  moe: { num_experts: ${E}, experts: { mlp_ratio: 1 }, ${moe} }
data:
  name: shapes
  image_size: 16
  train_size: 64
  validation_size: 24
  test_size: 24
  workers: 0
  normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }
optimizer: { name: adamw, learning_rate: 0.01 }
runtime: { threads: 1 }
train: { batch_size: 8, max_steps: 20, eval_every: 10, keep_checkpoints: 3, log_experts_every: 10 }
`;

const folder = temporaryFolder();
afterAll(folder.remove);
const at = (name: string): string => join(folder.path, name);

async function train(name: string, text: string): Promise<MetricEvent[]> {
  writeFileSync(at(`${name}.yaml`), text);
  const { code, err } = await moesaic("train", at(`${name}.yaml`), "--run", at(name), "--json");
  expect(code, err).toBe(0);
  return readMetrics(join(at(name), "metrics.jsonl"));
}

const scalars = [
  "max_violation",
  "dead_experts",
  "local_entropy",
  "global_entropy",
  "mutual_information",
  "gate_confidence",
  "success_rate",
  "dropped_fraction",
];
const shares = ["load", "importance"].flatMap((name) =>
  Array.from({ length: E }, (_, e) => `${name}_${e}`),
);
const labels = ["class", "domain", "color", "texture"];
const measures = ["mutual_information", "chi_square", "cramers_v"];

/** Values of one split and step by the part of their name after the layer. */
function valuesAt(events: readonly MetricEvent[], split: string, step: number) {
  const found = events.filter(
    (event) => event.split === split && event.step === step && event.name.startsWith(`${LAYER}/`),
  );
  return new Map(found.map(({ name, value }) => [name.slice(LAYER.length + 1), value]));
}

const routers = [
  ["dense", "router: { name: dense }"],
  ["switch with a capacity", "router: { name: switch, jitter: 0.1 }, dispatch: { name: capacity, capacity_factor: 0.5 }"],
  ["noisy_top_k", "router: { name: noisy_top_k }"],
  ["softmax_top_k", "router: { name: softmax_top_k }"],
  ["expert_choice", "router: { name: expert_choice }"],
  ["soft", "router: { name: soft }"],
  ["hash", "router: { name: hash, key: position }"],
  ["base", "router: { name: base }"],
  ["cosine", "router: { name: cosine, projection_width: 4 }"],
  ["attentive", "router: { name: attentive }"],
  ["yuan", "router: { name: yuan }"],
  ["loss_free_bias", "router: { name: loss_free_bias }"],
  ["top_p", "router: { name: top_p, probability: 0.6 }"],
  ["second_expert", "router: { name: second_expert }"],
] as const; // biome-ignore format: a table

describe.each(routers)("%s", (name, moe) => {
  test("writes finite metrics during training and for the test split", async () => {
    const run = name.replaceAll(" ", "-");
    const events = await train(run, recipe(moe));
    for (const [split, step] of [
      ["train", 10],
      ["train", 20],
      ["test", 20],
    ] as const) {
      const values = valuesAt(events, split, step);
      const nmi = labels.map((label) => `nmi_${label}`);
      const more = measures.flatMap((measure) => labels.map((label) => `${measure}_${label}`));
      const expected = [...scalars, ...shares, ...nmi, ...(split === "test" ? more : [])];
      expect([...values.keys()].sort()).toEqual(expected.sort());
      for (const [metric, value] of values) expect(Number.isFinite(value), metric).toBe(true);
      const of = (metric: string): number => values.get(metric)!;
      for (const kind of ["load", "importance"]) {
        const sum = shares.filter((share) => share.startsWith(kind)).reduce((s, m) => s + of(m), 0);
        expect(sum, kind).toBeCloseTo(1, 5);
      }
      expect(of("success_rate") + of("dropped_fraction")).toBeCloseTo(1, 12);
      expect(of("success_rate")).toBeGreaterThan(0);
      if (name.includes("capacity")) expect(of("success_rate")).toBeLessThan(1);
      else if (name !== "expert_choice") expect(of("success_rate")).toBe(1);
      expect(of("global_entropy")).toBeLessThanOrEqual(Math.log(E) + 1e-6);
      expect(of("mutual_information")).toBeGreaterThan(-1e-6);
    }
    const report = readFileSync(join(at(run), "report.html"), "utf8");
    expect(report).not.toContain("could not be drawn");
    expect(report).toContain("Routing by layer");
    for (const label of labels) expect(report).toContain(`Experts by ${label}`);
  }, 60_000);
});

describe("agreement", () => {
  const agreement = async (...argv: string[]) => {
    const { code, out, err } = await moesaic("agreement", ...argv, "--json");
    expect(code, out + err).toBe(0);
    return JSON.parse(out) as {
      split: string;
      first: { step: number };
      layers: {
        layer: string;
        tokens: number;
        first_choice: number;
        overlap: number;
        kappa: number;
        matched: { first_choice: number; overlap: number; experts: number[] };
      }[];
    };
  };

  test("a run agrees with itself, and less with another checkpoint or seed", async () => {
    const base = recipe("router: { name: softmax_top_k }");
    await train("first", base);
    await train("second", base.replace("seed: 2", "seed: 3"));
    const [itself] = (await agreement(at("first"), at("first"))).layers;
    expect(itself).toMatchObject({
      layer: "blocks.0.moe",
      tokens: 24 * 4,
      first_choice: 1,
      overlap: 1,
      kappa: 1,
      matched: { first_choice: 1, experts: [0, 1, 2, 3] },
    });
    const [early] = await listCheckpoints(at("first"));
    const earlier = await agreement(at("first"), early!.path, "--split", "test");
    expect(earlier.split).toBe("test");
    // The report compares the chosen checkpoint with the last one if they differ.
    const report = readFileSync(join(at("first"), "report.html"), "utf8");
    expect(report.includes("and the last (step 20)")).toBe(earlier.first.step !== 20);
    const [other] = (await agreement(at("first"), at("second"))).layers;
    expect(other!.overlap).toBeLessThan(1);
    expect(other!.matched.overlap).toBeGreaterThan(other!.overlap);
    expect([...other!.matched.experts].sort()).toEqual([0, 1, 2, 3]);
    const table = await moesaic("agreement", at("first"), at("second"));
    expect(table.out).toMatch(/layer +experts +first choice +overlap +kappa +matching/);
    expect(table.out).toContain("validation split");
  }, 60_000);

  test("incompatible runs are refused with the reason", async () => {
    const refused = async (...argv: string[]) => {
      const { code, err } = await moesaic("agreement", ...argv);
      expect(code).toBe(2);
      return err;
    };
    const plain = recipe("router: { name: switch }");
    await train("grey", plain.replace("std: [0.25, 0.25, 0.25]", "std: [0.5, 0.5, 0.5]"));
    await train("fine", plain.replace("patch_size: 8", "patch_size: 4"));
    await train("expertless", plain.replace("num_heads: 2", "num_heads: 2\n  moe_layers: none"));
    expect(await refused(at("first"), at("grey"))).toContain("differ in the preparation of images");
    expect(await refused(at("first"), at("fine"))).toContain(
      "blocks.0.moe routes 96 tokens in the first model and 384 in the second",
    );
    expect(await refused(at("first"), at("expertless"))).toContain(
      "no layer with experts in common",
    );
    expect(await refused(at("first"), at("second"), "--split", "all")).toContain(
      "--split takes train, validation or test",
    );
    const missing = join(at("first"), "checkpoints", "7");
    expect(existsSync(missing)).toBe(false);
    expect(readdirSync(join(at("first"), "checkpoints")).length).toBeGreaterThan(0);
    expect(await refused(at("first"), missing)).toContain(
      "first has no checkpoint of step 7; its checkpoints: 10, 20",
    );
  }, 60_000);
});
