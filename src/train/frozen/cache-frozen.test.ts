import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { TrainConfig } from "../../recipe/config.ts";
import { evaluateRun } from "../evaluate-run.ts";
import {
  type RunResult,
  temporaryFolder,
  tinyLimoe,
  tinySeeMoe,
  tinySfMoe,
  trainTiny,
} from "./frozen.fixture.ts";

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true }));
let runs = 0;
const newRun = (): string => join(folder, `run-${runs++}`);
const cached = (name: string, settings: object = {}) => ({
  cache_frozen: { folder: join(folder, name), ...settings },
});
const resultOf = (config: TrainConfig) => trainTiny(config, { runDirectory: newRun() });
/** SF-MoE without a cache. */
let without: Promise<RunResult> | undefined;
const plainResult = (): Promise<RunResult> => {
  without ??= resultOf(tinySfMoe());
  return without;
};

/** Equal to the last bit. */
function expectEqual(found: RunResult, expected: RunResult): void {
  expect(found.metrics).toEqual(expected.metrics);
  expect(found.state).toEqual(expected.state);
  expect(found.scores).toEqual(expected.scores);
}

/**
 * Metrics are equal up to rounding: a mean over the tokens of one image is added in another order than in a
 * batch. Weights are not compared, because Adam enlarges gradients that are zero but for rounding.
 */
function expectClose(found: RunResult, expected: RunResult): void {
  const parsed = ({ metrics }: RunResult): { name: string; value: number }[] =>
    metrics.map((line) => JSON.parse(`${line}}`));
  const all = parsed(expected);
  expect(found.metrics.length).toBe(all.length);
  for (const [i, { name, value }] of parsed(found).entries()) {
    expect(name).toBe(all[i]!.name);
    expect(Math.abs(value - all[i]!.value), name).toBeLessThan(1e-4 * (1 + Math.abs(value)));
  }
}

test("features of frozen blocks are computed once, with equal results", async () => {
  const plain = await plainResult();
  const first = await resultOf(tinySfMoe({ train: cached("once") }));
  expectEqual(first, plain);
  // Three splits, and the 64 test scenes of the analysis in four styles; 16 of them are the test split.
  expect(first.computed).toBe(48 + 16 + 16 + 4 * 64 - 16);
  const parameters = 2 + 1 + 1 + 2 * 12;
  expect(first.notes).toContain(
    `frozen part: ${parameters} of ${parameters} frozen parameters, up to blocks.1.mlp.output [10, 16]; 640 bytes a sample are kept in ${join(folder, "once")}`,
  );
  const [cache] = readdirSync(join(folder, "once"));
  expect(cache).toMatch(/^frozen-[0-9a-f]{64}$/);

  const second = await resultOf(tinySfMoe({ train: cached("once") }));
  expect(second.computed).toBe(0);
  expectEqual(second, plain);

  // Another order, other splits and other layers behind the frozen part share its features.
  const { seed, ...config } = tinySfMoe({ train: cached("once"), model: { blocks: "FFFS" } });
  const other = await resultOf({ ...config, seed });
  expect(other.computed).toBe(0);
  expect(readdirSync(join(folder, "once"))).toEqual([cache]);
});

test.each<[string, object, object]>([
  ["several batches an update, averages", { accumulation_steps: 2, ema_decay: 0.9 }, {}],
  ["recomputed activations", { gradient_checkpointing: "blocks" }, {}],
  ["batches by domain", { samples_per_domain: 3 }, { domains: ["flat", "noisy"] }],
])("%s: equal results", async (name, train, data) => {
  const plain = await resultOf(tinySfMoe({ train, data }));
  const with_cache = await resultOf(tinySfMoe({ train: { ...train, ...cached(name) }, data }));
  expectEqual(with_cache, plain);
  expect(with_cache.computed).toBeGreaterThan(48);
});

test("several worker threads: equal results", { timeout: 120_000 }, async () => {
  const config = tinySfMoe({ train: cached("workers"), data: { workers: 2 } });
  expectEqual(await resultOf(config), await plainResult());
});

test("a resumed run repeats an uninterrupted one, with its cache or without", async () => {
  const config = tinySfMoe({ train: { ...cached("resumed"), ema_decay: 0.9 } });
  const whole = await resultOf(config);
  for (const keeps of [true, false]) {
    const runDirectory = newRun();
    const stop = new AbortController();
    await trainTiny(config, { runDirectory, signal: stop.signal }, (label, done) => {
      if (label === "step" && done === 5) stop.abort();
    }).catch(() => {}); // an interrupted run has no last checkpoint to read
    if (!keeps) rmSync(join(folder, "resumed"), { recursive: true });
    const resumed = await trainTiny(config, { runDirectory, resume: true });
    expectEqual(resumed, whole);
    expect(resumed.computed > 0).toBe(!keeps);
  }
});

describe("random augmentation", () => {
  const augment = [{ random_crop: { padding: 3 } }, { horizontal_flip: {} }];

  test("is refused without a number of views", async () => {
    await expect(
      resultOf(tinySfMoe({ data: { augment }, train: cached("views") })),
    ).rejects.toThrow(
      "train.cache_frozen cannot keep what the frozen parameter patch_embed.proj.weight computes: the images of a sample change from epoch to epoch",
    );
  });

  test("trains on that many versions of each image", async () => {
    // 48 samples are 6 batches: 24 steps are 4 epochs, with 2 versions.
    const settings = { max_steps: 24, eval_every: 24, ...cached("views", { views: 2 }) };
    const config = tinySfMoe({ data: { augment }, train: settings });
    const first = await resultOf(config);
    const others = 16 + 16 + 4 * 64 - 16;
    expect(first.computed).toBeGreaterThan(48 + others);
    expect(first.computed).toBeLessThanOrEqual(2 * 48 + others);
    const again = await resultOf(config);
    expect(again.computed).toBe(0);
    expectEqual(again, first);
  });
});

test("without a folder, features are computed each time, with equal results", async () => {
  writeFileSync(join(folder, "file"), "");
  const found = await resultOf(tinySfMoe({ train: cached("file/below") }));
  expect(found.notes.join("\n")).toMatch(
    /cannot make the folder .*; features of frozen layers are computed each time/,
  );
  expectEqual(found, await plainResult());
});

test("moesaic eval reads the features of a run", async () => {
  const runDirectory = newRun();
  const { scores } = await trainTiny(tinySfMoe({ train: cached("eval") }), { runDirectory });
  const stored = () => readdirSync(join(folder, "eval"), { recursive: true });
  const before = stored();
  const found = await evaluateRun(runDirectory, { split: "test" });
  expect(found).toEqual(scores.test);
  expect(stored()).toEqual(before);
});

test("frozen experts without a capacity limit: results equal up to rounding", async () => {
  const moe = {
    num_experts: 3,
    router: { name: "softmax_top_k", num_selected_experts: 2 },
    dispatch: { name: "dropless" },
    experts: { mlp_ratio: 2 },
    losses: [{ name: "importance", weight: 0.01 }],
  };
  const model = { blocks: "SFFS", moe };
  const plain = await resultOf(tinySfMoe({ model }));
  const kept = await resultOf(tinySfMoe({ model, train: cached("dropless") }));
  expectClose(kept, plain);
  // The choices of the frozen router are logged at each step.
  expect(kept.notes.join("\n")).toContain("up to blocks.0.moe.router [10, 3], blocks.1.mlp.output");
});

test("seemoe with a frozen vision transformer: equal results", async () => {
  const plain = await resultOf(tinySeeMoe());
  const first = await resultOf(tinySeeMoe({ train: cached("seemoe") }));
  expectEqual(first, plain);
  expect(first.computed).toBe(48 + 16 + 16);
});

test.each([
  ["a locked image tower", {}],
  ["batches joined by GradCache", { grad_cache: true, accumulation_steps: 2 }],
])("limoe with %s: results equal up to rounding", async (name, train) => {
  const plain = await resultOf(tinyLimoe({ train }));
  const first = await resultOf(tinyLimoe({ train: { ...train, ...cached(name) } }));
  expectClose(first, plain);
  expect(first.computed).toBe(48 + 16 + 16);
  const again = await resultOf(tinyLimoe({ train: { ...train, ...cached(name) } }));
  expectEqual(again, first);
});

test("frozen layers that cannot be kept are refused", async () => {
  const refusal = (model: object, frozen?: readonly string[]) =>
    resultOf(tinySfMoe({ model, train: cached("refused"), ...(frozen && { frozen }) }));
  await expect(refusal({ drop_path: 0.1 })).rejects.toThrow(
    "blocks.1.norm2.weight computes: it depends on the random numbers blocks.1.attn.drop_path; set the rate of dropout, drop_path or noise there to 0, or drop train.cache_frozen",
  );
  await expect(refusal({ stem: "conv" })).rejects.toThrow(
    "patch_embed.norm1.weight computes: patch_embed.norm1 computes something else in evaluation, as a batch norm does",
  );
  await expect(refusal({}, [])).rejects.toThrow("train.cache_frozen needs frozen parameters");
  await expect(refusal({}, ["head.*"])).rejects.toThrow("finds nothing to keep");
  const moe = {
    num_experts: 3,
    router: { name: "softmax_top_k", num_selected_experts: 2 },
    dispatch: { name: "capacity", capacity_factor: 1.5, group: "batch" },
    experts: { mlp_ratio: 2 },
    losses: [],
  };
  await expect(refusal({ blocks: "SFFF", moe })).rejects.toThrow(
    "the samples of a batch influence each other in blocks.0.moe",
  );
});

test("with adapters, the frozen part ends before the first adapted layer, with equal results", async () => {
  const lora = { rank: 2, alpha: 8, targets: ["blocks.2.*", "blocks.3.attn.qkv"] };
  const adapted = (more: object) => tinySfMoe({ frozen: [], train: { lora, ...more } });
  const plain = await resultOf(adapted({}));
  const kept = await resultOf(adapted(cached("adapted")));
  expect(kept.notes.join("\n")).toMatch(
    /frozen part: \d+ of \d+ frozen parameters, up to blocks\.[12]/,
  );
  expect(kept.computed).toBeGreaterThan(48);
  expectEqual(kept, plain);
});
