/** A custom model through `train(config, { task })`: run directory, resume, report, inspector. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { offeredPages } from "../../inspector/src/data/offered.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Tensor } from "../../src/graph/graph.ts";
import { decodeRecord, type StoredRecord } from "../../src/inspect/record/record-codec.ts";
import type { RunEntry, RunView } from "../../src/inspect/types/view.ts";
import type { Objective } from "../../src/learn/step-graph.ts";
import { accuracy } from "../../src/losses/accuracy.ts";
import { crossEntropy } from "../../src/losses/cross-entropy.ts";
import { moe } from "../../src/moe/layer.ts";
import { softmaxTopKRouter } from "../../src/moe/routers/softmax-top-k.ts";
import { selfAttention } from "../../src/nn/attention/attention.ts";
import { layerNorm } from "../../src/nn/layer-norm.ts";
import { linear } from "../../src/nn/linear.ts";
import { patchEmbed } from "../../src/nn/patch-embed.ts";
import type { Scope } from "../../src/nn/scope.ts";
import { add } from "../../src/ops/arithmetic.ts";
import { reduceMean } from "../../src/ops/reduce.ts";
import { reshape } from "../../src/ops/reshape.ts";
import { trainConfigSchema } from "../../src/recipe/config.ts";
import { createConfig } from "../../src/recipe/create-config.ts";
import { testServer, writePage } from "../../src/server/server.fixture.ts";
import { classificationTask } from "../../src/tasks/custom/classification-task.ts";
import { customTask } from "../../src/tasks/custom/custom-task.ts";
import { evaluateRun } from "../../src/train/evaluate-run.ts";
import { train } from "../../src/train/train.ts";
import { moesaic, temporaryFolder } from "./moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

const experts = (scope: Scope, x: Tensor): Tensor =>
  moe(scope.child("moe"), x, {
    router: (at, tokens) => softmaxTopKRouter(at, tokens, { numExperts: 4, numSelectedExperts: 2 }),
    experts: { hiddenWidth: 16 },
  });

/** One block over the 16 patches of an image. */
function logits(scope: Scope, images: Tensor): Tensor {
  let x = patchEmbed(scope.child("embed"), images, { patchSize: 8, width: 16 }); // [B*16, 16]
  const block = scope.child("blocks").child(0);
  const normed = layerNorm(block.child("norm"), x);
  x = add(x, selfAttention(block.child("attn"), normed, { numTokens: 16, numHeads: 2 }));
  x = reshape(add(x, experts(block, x)), [images.shape[0]!, 16, 16]);
  return linear(scope.child("head"), reduceMean(x, 1), 8);
}

const config = createConfig({
  recipe: "my-model",
  model: { system: "custom", name: "One block" },
  data: {
    name: "shapes",
    trainSize: 160,
    validationSize: 40,
    testSize: 40,
    workers: 0,
    normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  },
  train: { maxSteps: 6, evalEvery: 3, batchSize: 16, logExpertsEvery: 3 },
  runtime: { threads: 1 },
});
const task = classificationTask({ logits });

describe("a classifier of images", () => {
  const run = join(folder.path, "classifier");
  let record: StoredRecord;
  beforeAll(async () => {
    await train(config, { task, runDirectory: run });
    record = decodeRecord(readFileSync(join(run, "record.json"), "utf8"));
  }, 60_000);

  test("has a run with a report and all data for the inspector", async () => {
    expect(readFileSync(join(run, "report.html"), "utf8")).toContain("my-model");
    expect(record.mosaics).toHaveLength(12);
    for (const { layers } of record.mosaics!) {
      expect(layers.map(({ layer, rows, cols }) => [layer, rows, cols])).toEqual([
        ["blocks.0.moe", 4, 4],
      ]);
    }
    expect(record.mosaics![0]!.attention!.layers.map(({ layer }) => layer)).toEqual([
      "blocks.0.attn",
    ]);
    expect(record.confusion).toHaveLength(8);
    expect(record.galleries!.map(({ layer }) => layer)).toEqual(["blocks.0.moe"]);
    const { total, active } = record.summary.parameters!;
    const expert = 2 * 16 * 16 + 16 + 16;
    expect(total - active).toBe(2 * expert); // 2 of 4 experts
  });

  test("opens in the inspector, with the pages that have data", async () => {
    await using server = await testServer(writePage(join(folder.path, "page")), [run]);
    const { runs } = await server.json<{ runs: RunEntry[] }>("/data/runs.json");
    expect(runs).toMatchObject([{ recipe: "my-model", system: "custom", state: "finished" }]);
    const { id } = runs[0]!;
    const view = await server.json<RunView>(`/data/runs/${id}/run.json`);
    expect(view).toMatchObject({ hasRecord: true, hasModel: false });
    const shown = decodeRecord(await (await server.get(`/data/runs/${id}/record.json`)).text());
    expect(offeredPages(view, shown)).toEqual([
      "overview",
      "mosaic",
      "experts",
      "attention",
      "confusion",
    ]);
  });

  test("has a configuration that loads again", () => {
    expect(loadConfig(join(run, "config.yaml"), trainConfigSchema)).toEqual(config);
  });

  test("can be scored again with its task", async () => {
    expect(await evaluateRun(run, { split: "test", task })).toEqual(record.summary.test);
  });

  test("is refused by commands without a task, with a clear error", async () => {
    const sentence =
      "model.system custom is a model that a program passes to train as options.task; use train or evaluateRun with the same task";
    for (const argv of [
      ["eval", run],
      ["train", join(run, "config.yaml"), "--run", run, "--resume"],
      ["parameters", run],
    ]) {
      const { code, err } = await moesaic(...argv);
      expect([argv[0], code, err]).toEqual([argv[0], 2, `error: ${sentence}\n`]);
    }
  });
});

test("an interrupted training resumes with the same task, bit for bit", async () => {
  const whole = join(folder.path, "classifier");
  const path = join(folder.path, "resumed");
  const stop = new AbortController();
  const progress = {
    update: ({ label, done }: { label: string; done: number }) => {
      if (label === "step" && done === 4) stop.abort();
    },
    note: () => {},
  };
  await train(config, { task, runDirectory: path, signal: stop.signal, progress });
  await train(config, { task, runDirectory: path, resume: true });
  const weights = (run: string) => readFileSync(join(run, "checkpoints/6/model.safetensors"));
  expect(weights(path).equals(weights(whole))).toBe(true);
});

test("any objective can be a task, with routing recorded by class", async () => {
  const objective: Objective = (scope, { features, labels }) => {
    const x = linear(scope.child("embed"), features!, 8);
    const scores = linear(scope.child("head"), add(x, experts(scope, x)), 3);
    return {
      loss: crossEntropy(scores, labels!),
      metrics: { accuracy: accuracy(scores, labels!) },
    };
  };
  const runDirectory = join(folder.path, "points");
  const data = {
    name: "gaussian-shift",
    trainSize: 200,
    validationSize: 50,
    testSize: 50,
  } as const;
  const summary = await train(createConfig({ data, train: { maxSteps: 4, batchSize: 20 } }), {
    task: customTask({ objective, score: { name: "accuracy", better: "higher" } }),
    runDirectory,
  });
  expect(Object.keys(summary.test)).toEqual(["loss", "accuracy"]);
  const { routing = [], classNames } = decodeRecord(
    readFileSync(join(runDirectory, "record.json"), "utf8"),
  );
  expect(classNames).toEqual(["0", "1", "2"]);
  expect(routing.map(({ layer, numExperts }) => [layer, numExperts])).toEqual([["moe", 4]]);
  expect(routing[0]!.labels!.map(({ label }) => label)).toEqual(["class"]);
});

describe("invalid combinations are refused", () => {
  const refused = (options: Parameters<typeof train>[1]["task"], given = config) =>
    train(given, { task: options!, runDirectory: join(folder.path, "refused") });

  test("a task with a built-in system", async () => {
    const vit = createConfig({ ...config, model: { system: "vit-moe" } } as never);
    await expect(refused(task, vit)).rejects.toThrow(
      "options.task replaces the model, but model.system is vit-moe",
    );
  });

  const objective: Objective = (scope, { images }) => ({
    loss: reduceMean(linear(scope, reduceMean(images!, [2, 3]), 1)),
  });
  test.each<[string, unknown, string]>([
    ["an empty object", {}, "options.task.objective is missing; set it"],
    ["an objective", objective, "customTask({ objective }) makes of an objective"],
    [
      "a score that nothing computes",
      customTask({ objective, score: { name: "accuracyy", better: "higher" } }),
      "has the score accuracyy, which its objective does not compute; it computes objective, loss",
    ],
    [
      "a wrong direction",
      customTask({ objective, score: { name: "loss", better: "up" as never } }),
      "options.task.score.better must be one of higher, lower, got",
    ],
  ])("%s as task", (_, given, message) => expect(refused(given as never)).rejects.toThrow(message));

  test("an evaluation without scores, and options without a run directory", async () => {
    const short = { ...config, train: { ...config.train, maxSteps: 1 } };
    const evaluateFully = async () => undefined as never;
    await expect(refused(customTask({ objective, evaluateFully }), short)).rejects.toThrow(
      "the result of evaluateFully is missing",
    );
    await expect(train(config, { task } as never)).rejects.toThrow(
      "options.runDirectory is missing (a text that is not empty); set it",
    );
  });

  test("data without classes, and tokens that form no grid", async () => {
    const data = { name: "gaussian-shift" } as const;
    await expect(refused(task, createConfig({ data, train: { maxSteps: 1 } }))).rejects.toThrow(
      "classificationTask learns the classes of images, but gaussian-shift has none",
    );
    const odd = (scope: Scope, images: Tensor) => {
      const x = reshape(images, [{ symbol: "B", factor: 24 }, 128]);
      const pooled = reduceMean(reshape(experts(scope, x), [images.shape[0]!, 24, 128]), 1);
      return linear(scope.child("head"), pooled, 8);
    };
    await expect(refused(classificationTask({ logits: odd }))).rejects.toThrow(
      "the model routes 24 tokens per image, which do not form a grid in its proportions",
    );
  });
});
