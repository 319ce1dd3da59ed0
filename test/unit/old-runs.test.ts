/** Recipes and run directories that commit 8f651c7 wrote: see `test/fixtures/runs-8f651c7`. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { decodeRecord } from "../../src/inspect/record/record-codec.ts";
import { createLiveModel } from "../../src/live/create-live-model.ts";
import { trainConfigSchema } from "../../src/recipe/config.ts";
import { exportLiveModel } from "../../src/runs/export-live-model.ts";
import { readMetrics } from "../../src/runs/metrics/metrics-file.ts";
import { nativeRuntime } from "../../src/runtime/native/native.ts";
import { evaluateRun } from "../../src/train/evaluate-run.ts";
import { metricLines, moesaic, temporaryFolder } from "./moesaic.fixture.ts";

type Scores = Record<string, number>;

interface Answers {
  readonly classifyImage?: number[];
  readonly classifyText?: number[];
  readonly embedImage?: number[];
  readonly embedText?: number[];
  readonly generate?: string;
}

interface Expected {
  /** The text input of every live model; the image is `picture.png`. */
  readonly text: string;
  /** Scores of the test split, and answers. */
  readonly runs: Record<string, { scores: Scores; live: Answers }>;
  readonly methods: Record<string, Scores>;
  /** Metrics of the interrupted run as if it had not been interrupted. */
  readonly interrupted: { step: number; split: string; name: string; value: number }[];
}

// Configurations name text files by paths relative to the repository root, where tests run.
const root = "test/fixtures/runs-8f651c7";
const read = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8"));
const expected = read("expected.json") as Expected;
const folder = temporaryFolder();
afterAll(() => folder.remove());

/** Other processors sum in another order. */
function expectClose(actual: readonly number[], wanted: readonly number[], label: string): void {
  expect(actual.length, label).toBe(wanted.length);
  for (const [i, value] of wanted.entries()) {
    const tolerance = 1e-5 * Math.max(Math.abs(value), 0.01);
    expect(Math.abs(actual[i]! - value), `${label} ${actual[i]} ${value}`).toBeLessThan(tolerance);
  }
}

async function expectScores(run: string, wanted: Scores): Promise<void> {
  const actual = await evaluateRun(run, { split: "test", progress: { note() {}, update() {} } });
  expect(Object.keys(actual)).toEqual(expect.arrayContaining(Object.keys(wanted)));
  for (const [name, value] of Object.entries(wanted)) {
    // An equal caption of another image was counted as wrong then, so these scores may only rise.
    if (/_to_(image|text)_r\d+$/.test(name)) expect(actual[name]).toBeGreaterThanOrEqual(value);
    else expectClose([actual[name]!], [value], `${run} ${name}`);
  }
}

describe("recipes", () => {
  const configs = read("configs.json") as Record<string, object>;

  // The resolved recipes of 8f651c7 contain every default, so that changed defaults are detected.
  test.each(Object.keys(configs))("%s has the same settings as before", (file) => {
    const path = join(folder.path, file);
    writeFileSync(path, JSON.stringify(configs[file]));
    const config = loadConfig(join(root, "recipes", file), trainConfigSchema, {
      recipes: join(root, "recipes"),
    });
    expect(config).toEqual(loadConfig(path, trainConfigSchema));
  });
});

describe("runs", () => {
  test.each(Object.keys(expected.runs))("%s has the same scores as before", async (name) => {
    await expectScores(join(root, name), expected.runs[name]!.scores);
  });

  test.each(Object.keys(expected.methods))(
    "the router of methods/%s decides as before",
    async (name) => {
      await expectScores(join(root, "methods", name), expected.methods[name]!);
    },
  );

  test.each(Object.keys(expected.runs))("the files of %s are read", async (name) => {
    const run = join(root, name);
    const record = decodeRecord(readFileSync(join(run, "record.json"), "utf8"));
    expect(record.summary).toEqual(read(`${name}/summary.json`));
    expect(record.recipe).toBe(name);
    expect((await readMetrics(join(run, "metrics.jsonl"))).length).toBe(metricLines(run).length);
  });

  const live = Object.keys(expected.runs).filter((name) => name !== "classic-mixture");
  test.each(live)("the live model of %s answers as before", async (name) => {
    const { spec, weights } = await exportLiveModel(join(root, name));
    const model = await createLiveModel(spec, weights, { runtime: nativeRuntime() });
    const { classifyImage, classifyText, embedImage, embedText, generate } =
      expected.runs[name]!.live;
    const { text } = expected;
    const { width, height, channels, data } = decode(readFileSync(join(root, "picture.png")));
    const image = { width, height, channels, data: Uint8Array.from(data) };
    expect(Object.keys(expected.runs[name]!.live)).not.toEqual([]);
    if (classifyImage !== undefined) {
      const { probabilities } = await model.classifyImage!(image);
      expectClose(probabilities, classifyImage, "classes of the image");
    }
    if (classifyText !== undefined) {
      const { probabilities } = await model.classifyText!(text);
      expectClose(probabilities, classifyText, "classes of the text");
    }
    if (embedImage !== undefined) {
      expectClose([...(await model.embedImage!(image)).embedding], embedImage, "image embedding");
    }
    if (embedText !== undefined) {
      expectClose([...(await model.embedText!(text)).embedding], embedText, "text embedding");
    }
    if (generate !== undefined) {
      const input = spec.kind === "captioner" ? { image } : { prompt: text };
      const request = { ...input, temperature: 0, maxNewTokens: 24 };
      expect((await model.generate!(request)).text).toBe(generate);
    }
    model.dispose();
  });

  test("a resumed run equals an uninterrupted one", async () => {
    const run = join(folder.path, "interrupted");
    cpSync(join(root, "interrupted"), run, { recursive: true });
    const { code, err } = await moesaic("train", "--run", run, "--resume");
    expect(code, err).toBe(0);
    const events = metricLines(run).map((line) => JSON.parse(line) as Expected["interrupted"][0]);
    const where = ({ step, split, name }: (typeof events)[0]) => `${step} ${split} ${name}`;
    expect(events.map(where)).toEqual(expected.interrupted.map(where));
    for (const [i, event] of events.entries()) {
      if (/seconds|tokens_per/.test(event.name)) continue;
      expectClose([event.value], [expected.interrupted[i]!.value], where(event));
    }
  });
});
