/** Live models on the native runtime, compared with the evaluators and commands. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeImage } from "../../src/data/images/decode/decode.ts";
import {
  collect,
  firstTokens,
  type GenerateOptions,
  generate,
  promptTokens,
  tokenTexts,
} from "../../src/evaluate/index.ts";
import { createLiveModel, type LiveModel, type RoutedLayer } from "../../src/live/index.ts";
import { foldIn, key } from "../../src/random/index.ts";
import type { TrainConfig } from "../../src/recipe/config.ts";
import { exportLiveModel } from "../../src/runs/export-live-model.ts";
import { openCaptioner } from "../../src/runs/open-captioner.ts";
import { openEmbedder } from "../../src/runs/open-embedder.ts";
import { openLanguageModel } from "../../src/runs/open-language-model.ts";
import { nativeRuntime } from "../../src/runtime/native/native.ts";
import { evaluatedSamples, type LayersOptions } from "./live-evaluation.fixture.ts";
import { type LiveRun, trainLiveRun } from "./live-runs.fixture.ts";
import { temporaryFolder } from "./moesaic.fixture.ts";

const folder = temporaryFolder();
const runtime = nativeRuntime();
const handlesBefore = runtime.liveHandles();
const runs = new Map<LiveRun, string>();
const opened: LiveModel[] = [];
afterAll(async () => {
  for (const model of opened) model.dispose();
  await new Promise((resolve) => setTimeout(resolve, 50));
  folder.remove();
  expect(runtime.liveHandles()).toEqual(handlesBefore);
});

async function open(name: LiveRun): Promise<{ run: string; model: LiveModel }> {
  let run = runs.get(name);
  if (run === undefined) {
    run = await trainLiveRun(folder.path, name);
    runs.set(name, run);
  }
  const { spec, weights } = await exportLiveModel(run);
  const model = await createLiveModel(spec, weights, { runtime, session: { threads: 1 } });
  opened.push(model);
  return { run, model };
}

function expectClose(found: Iterable<number>, expected: Iterable<number>): void {
  const [a, b] = [[...found], [...expected]];
  expect(a.length).toBe(b.length);
  expect(Math.max(0, ...a.map((value, i) => Math.abs(value - b[i]!)))).toBeLessThan(1e-5);
}

function expectRouting(found: readonly RoutedLayer[], expected: readonly RoutedLayer[]): void {
  expect(expected.length).toBeGreaterThan(0);
  expect(found.map(({ layer }) => layer)).toEqual(expected.map(({ layer }) => layer));
  for (const [i, layer] of expected.entries()) {
    expect(found[i]!.numExperts).toBe(layer.numExperts);
    expect(found[i]!.ids).toEqual(layer.ids);
    expectClose(found[i]!.combineWeights.flat(), layer.combineWeights.flat());
    expectClose(found[i]!.probabilities, layer.probabilities);
  }
}

/** The configuration with enough capacity in evaluation that no token is dropped. */
function withRoom(config: TrainConfig): TrainConfig {
  const { model } = config;
  if (!("moe" in model) || model.moe.dispatch.name !== "capacity") return config;
  const dispatch = { ...model.moe.dispatch, evaluationCapacityFactor: 100 };
  return { ...config, model: { ...model, moe: { ...model.moe, dispatch } } } as TrainConfig;
}

const patches = { stride: 16, count: 16 };
const SAMPLES = 20;

describe("classes of images", () => {
  test.each<[LiveRun, LayersOptions]>([
    ["diff-moe", patches],
    ["diff-moe-prompts", { ...patches, prefix: "blocks." }],
    ["diff-moe-captions", { ...patches, prefix: "blocks.", stride: 48 }], // three passes over an image
    ["vit-moe", { stride: 9, count: 9 }],
    ["sf-moe", { ...patches, stride: 17 }], // a class token after the patches
    ["expert-choice", patches],
    ["sparsely-gated", { stride: 1, count: 1 }],
  ])("%s: probabilities and routing equal an evaluation", async (name, options) => {
    const { run, model } = await open(name);
    const samples = await evaluatedSamples(run, SAMPLES, withRoom);
    expect(samples).toHaveLength(SAMPLES);
    for (const sample of samples) {
      const { probabilities, routing } = await model.classifyImage!(sample.image!);
      expectClose(probabilities, sample.probabilities!);
      expect(routing.rows * routing.cols).toBe(options.count);
      expectRouting(routing.layers, sample.layers(options));
    }
  });

  test("tokens that a batch would drop are kept, and the answer depends only on the image", async () => {
    const { run, model } = await open("sf-moe");
    const dropped = await evaluatedSamples(run, SAMPLES);
    const experts = (layers: readonly RoutedLayer[]): number[] =>
      layers.flatMap((layer) => layer.ids.flat());
    const inBatch = dropped.flatMap((sample) => experts(sample.layers({ ...patches, stride: 17 })));
    expect(inBatch).toContain(4); // no expert
    for (const { image } of dropped) {
      const { routing } = await model.classifyImage!(image!);
      expect(Math.max(...experts(routing.layers))).toBeLessThan(4);
    }
  });
});

test("classes of texts: probabilities and routing equal an evaluation", async () => {
  const { run, model } = await open("text-classifier");
  const samples = await evaluatedSamples(run, SAMPLES);
  for (const sample of samples) {
    const { probabilities, routing } = await model.classifyText!(sample.text!);
    expectClose(probabilities, sample.probabilities!);
    const count = routing.tokens.length;
    expect(routing.tokens.join(" ")).toBe(sample.text);
    expect(routing.notes).toEqual([]);
    expectRouting(routing.layers, sample.layers({ stride: 10, count }));
  }
  const long = await model.classifyText!("zebra ".repeat(12));
  expect(long.routing.tokens).toEqual(Array(10).fill("<unknown>"));
  expect(long.routing.notes).toEqual([
    "the text has 12 tokens and the model reads 10; the rest is ignored",
    "10 tokens are not in the model's vocabulary",
  ]);
  const empty = await model.classifyText!("");
  expect(empty.routing.notes).toEqual([
    "the text has no words; the model's output is not meaningful",
  ]);
});

describe("embeddings", () => {
  test("limoe: equal the embedder's, with the routing of an evaluation without dropping", async () => {
    const { run, model } = await open("limoe");
    using embedder = await openEmbedder(run);
    expect(model.similarity).toEqual({ scale: embedder.scale, bias: embedder.bias });
    const images = await embedder.embedImages(await embedder.openImages({ split: "validation" }));
    const samples = await evaluatedSamples(run, SAMPLES, withRoom);
    const texts = await embedder.embedTexts(samples.map(({ captions }) => captions[0]!));
    for (const [i, { image, captions, layers }] of samples.entries()) {
      const seen = await model.embedImage!(image!);
      expectClose(seen.embedding, images.data.subarray(16 * i, 16 * (i + 1)));
      const words = await model.embedText!(captions[0]!);
      expectClose(words.embedding, Array.from(texts.data).slice(16 * i, 16 * (i + 1)));
      // A pair has 16 patches and then 12 words.
      expectRouting(seen.routing.layers, layers({ stride: 28, count: 16 }));
      const count = words.routing.tokens.length;
      expectRouting(words.routing.layers, layers({ stride: 28, first: 16, count }));
    }
  });

  test("diff-moe: equal an evaluation of pairs", async () => {
    const { run, model } = await open("diff-moe-captions");
    for (const sample of await evaluatedSamples(run, SAMPLES)) {
      const seen = await model.embedImage!(sample.image!);
      expectClose(seen.embedding, sample.imageEmbedding!);
      expectRouting(
        seen.routing.layers,
        sample.layers({ ...patches, prefix: "blocks.", stride: 48 }),
      );
      const words = await model.embedText!(sample.captions[0]!);
      expectClose(words.embedding, sample.textEmbedding!);
      const count = words.routing.tokens.length;
      const options = { prefix: "text_blocks.", stride: 14, count };
      expectRouting(words.routing.layers, sample.layers(options));
    }
    expect(model.similarity).toEqual({ scale: expect.closeTo(1 / 0.07, 4), bias: 0 });
  });
});

describe("captions", () => {
  const picture = (name: string): string => join(folder.path, name);
  beforeAll(async () => {
    const noise = Buffer.from(Array.from({ length: 40 * 30 * 4 }, (_, i) => (i * 7919) % 256));
    const raw = (channels: 3 | 4) => ({ raw: { width: 40, height: 30, channels } });
    await sharp(noise.subarray(0, 40 * 30 * 3), raw(3)).toFile(picture("noise.png"));
    await sharp(noise, raw(4)).toFile(picture("clear.png"));
    await sharp({ create: { width: 9, height: 40, channels: 3, background: "#e6a014" } })
      .greyscale()
      .toFile(picture("grey.png"));
  });

  test.each<LiveRun>(["seemoe", "seemoe-pooled"])("%s: as moesaic caption writes", async (name) => {
    const { run, model } = await open(name);
    using captioner = await openCaptioner(run, { experts: true });
    const { tokenizer, decoder } = captioner;
    const options: GenerateOptions = {
      maxNewTokens: captioner.model.contextLength + 1,
      decode: (ids) => tokenizer.decode(ids),
      stopTokens: [tokenizer.endId!],
    };
    for (const file of ["noise.png", "clear.png", "grey.png"]) {
      const { data, ...size } = await decodeImage(readFileSync(picture(file)));
      const image = { ...size, data };
      for (const [temperature, seed] of [
        [0, 0],
        [1, 5],
      ] as const) {
        const prefix = await captioner.readImage(picture(file));
        const own = { ...options, prefix, temperature, key: foldIn(key(seed), 0) };
        const ids = firstTokens(tokenizer);
        const [expected] = await collect(generate(decoder, [ids], own));
        const growing: string[] = [];
        const written = await model.generate!(
          { image, temperature, seed },
          { onText: (text) => growing.push(text) },
        );
        expect(written.text).toBe(expected!.text);
        expect(growing.at(-1) ?? "").toBe(written.text);
        const before = name === "seemoe" ? 16 : 0;
        const read = expected!.experts.slice(before); // a token for the image, or words alone
        written.routing.layers.forEach((layer, l) => {
          const found = read.map((_, t) => layer.ids.map((row) => row[t]!));
          expect(found).toEqual(read.map((token) => token[l]));
        });
        const words = expected!.ids.filter((id) => id !== tokenizer.endId);
        const shown = tokenTexts(tokenizer, [...ids, ...words]);
        const tokens = name === "seemoe" ? shown : ["<image>", ...shown];
        expect(written.routing.tokens).toEqual(tokens.slice(0, written.routing.tokens.length));
        const seen = written.imageRouting!.layers.map(({ layer }) => layer);
        const vision = ["vision.blocks.0.moe", "vision.blocks.1.moe"];
        const inDecoder = ["decoder.blocks.0.moe", "decoder.blocks.1.moe"];
        expect(seen).toEqual(name === "seemoe" ? [...vision, ...inDecoder] : vision);
        for (const { ids } of written.imageRouting!.layers) expect(ids[0]).toHaveLength(16);
      }
    }
  });

  test("a caption needs an image, and can start with given words", async () => {
    const { model } = await open("seemoe");
    await expect(model.generate!({})).rejects.toThrow("a caption needs an image; give one");
    const image = { width: 2, height: 2, channels: 1, data: Uint8Array.of(0, 80, 160, 255) };
    const whole = await model.generate!({ image });
    const [first, ...rest] = whole.text.split(" ");
    expect(rest.length).toBeGreaterThan(0);
    const { routing, text } = await model.generate!({ image, prompt: first! });
    expect(`${first} ${text.trim()}`).toBe(whole.text);
    expect(routing.tokens).toEqual(whole.routing.tokens);
    expect(routing.notes).toEqual([]);
  });
});

test("continued texts equal moesaic generate, with the routing of every token", async () => {
  const { run, model } = await open("moe-decoder");
  using language = await openLanguageModel(run, { experts: true });
  const { tokenizer, decoder } = language;
  const prompt = "to be or not to be, that"; // longer than the context of 16
  const ids = promptTokens(tokenizer, prompt);
  for (const [temperature, seed, maxNewTokens] of [
    [0, 0, 30],
    [0.8, 4, 12],
  ] as const) {
    const own = { temperature, topK: 5, key: key(seed), maxNewTokens };
    const steps = generate(decoder, [ids], { ...own, decode: (list) => tokenizer.decode(list) });
    const [expected] = await collect(steps);
    const written = await model.generate!({ prompt, temperature, topK: 5, seed, maxNewTokens });
    expect(written.text).toBe(expected!.text);
    const { tokens, layers, notes } = written.routing;
    expect(tokens.join("")).toBe(prompt.slice(-16) + written.text);
    expect(notes).toEqual([
      "the prompt has 24 tokens and the model sees 16; the first 8 have no influence",
    ]);
    layers.forEach((layer, l) => {
      expect(layer.ids[0]).toHaveLength(tokens.length); // the last token was read as well
      const found = expected!.experts.map((_, t) => layer.ids.map((row) => row[t]!));
      expect(found).toEqual(expected!.experts.map((token) => token[l]));
      expect(layer.probabilities).toHaveLength(tokens.length * layer.numExperts);
    });
  }
  await expect(model.generate!({ prompt: "to", maxNewTokens: 0 })).rejects.toThrow(
    "maxNewTokens must be a whole number from 1 to 100000, got 0",
  );
  const abort = AbortSignal.abort(new Error("enough"));
  await expect(model.generate!({ prompt: "to" }, { signal: abort })).rejects.toThrow("enough");
});

describe("runs of earlier versions", () => {
  test("read model sizes without model-inputs.json", async () => {
    const { run } = await open("vit-moe");
    const { spec } = await exportLiveModel(run);
    rmSync(join(run, "model-inputs.json"));
    expect((await exportLiveModel(run)).spec).toEqual(spec);
  });

  test("report missing files if their data are missing", async () => {
    const { run, model } = await open("text-classifier");
    rmSync(join(folder.path, "sentences.csv"));
    expect((await exportLiveModel(run)).spec).toEqual(model.spec);
    rmSync(join(run, "model-inputs.json"));
    await expect(exportLiveModel(run)).rejects.toThrow(
      /has no model-inputs\.json, and its data cannot be opened instead: .*sentences\.csv/,
    );
    writeFileSync(join(run, "model-inputs.json"), "{}");
    await expect(exportLiveModel(run)).rejects.toThrow("model-inputs.json is damaged");
  });

  test("a model of points has no live form", async () => {
    const run = join(folder.path, "points");
    mkdirSync(join(run, "checkpoints"), { recursive: true });
    const { moesaic } = await import("./moesaic.fixture.ts");
    const argv = ["train.max_steps=2", "--run", run, "--overwrite"];
    rmSync(run, { recursive: true });
    const { code, err } = await moesaic("train", "classic-mixture", ...argv);
    expect(code, err).toBe(0);
    await expect(exportLiveModel(run)).rejects.toThrow("it has no live model");
  });
});
