/** `moesaic predict` and `loadModel` on trained runs, compared with `moesaic eval`. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ImageDataset } from "../../src/data/dataset.ts";
import { openDataset } from "../../src/data/open-dataset.ts";
import { loadModel } from "../../src/index.ts";
import type { ClassesPrediction } from "../../src/live/predict/predictions.ts";
import { datasetSpec } from "../../src/recipe/data-specs.ts";
import { writeLiveModel } from "../../src/runs/export-live-model.ts";
import { openRun } from "../../src/runs/open-run.ts";
import { evaluateRun } from "../../src/train/evaluate-run.ts";
import { recorded, trainLiveRun } from "./live-runs.fixture.ts";
import { moesaic, temporaryFolder } from "./moesaic.fixture.ts";

const SAMPLES = 24; // the validation split of the runs
const folder = temporaryFolder();
const pictures = join(folder.path, "pictures");
let run = "";
let labels: number[] = [];
beforeAll(async () => {
  run = await trainLiveRun(folder.path, "vit-moe");
  mkdirSync(pictures);
  const { config } = await openRun(run, "best");
  const spec = datasetSpec(config.data, "validation", config.seed);
  const dataset = (await openDataset(spec)) as ImageDataset;
  labels = Array.from({ length: SAMPLES }, (_, i) => dataset.get(i).label);
  for (let i = 0; i < SAMPLES; i++) {
    const { width, height, channels, data } = recorded(dataset, i);
    const raw = { width, height, channels: channels as 3 };
    await sharp(data, { raw }).toFile(join(pictures, `${String(i).padStart(2, "0")}.png`));
  }
});
afterAll(() => folder.remove());

interface Printed {
  readonly predictions: readonly {
    readonly input: string;
    readonly classes: ClassesPrediction["classes"];
    readonly routing?: { readonly layers: readonly { readonly ids: readonly number[][] }[] };
  }[];
  readonly broken: readonly { readonly input: string; readonly error: string }[];
}

async function printed(...argv: string[]): Promise<Printed> {
  const { code, out, err } = await moesaic("predict", run, ...argv, "--json");
  expect(code, err).toBe(0);
  return JSON.parse(out) as Printed;
}

test("the accuracy on the validation split is that of eval, at every batch size", async () => {
  const { accuracy } = await evaluateRun(run, { split: "validation" });
  using model = await loadModel(run);
  const { classNames } = model.spec;
  const { predictions } = await printed(pictures);
  expect(predictions).toHaveLength(SAMPLES);
  const right = predictions.filter(
    ({ classes }, i) => classes[0]!.label === classNames[labels[i]!],
  );
  expect(right.length / SAMPLES).toBeCloseTo(accuracy!, 10);
  const small = await printed(pictures, "--batch-size", "7");
  for (const [i, { input, classes }] of predictions.entries()) {
    const alone = (await model.predict(input)) as ClassesPrediction;
    for (const answer of [alone, small.predictions[i]!]) {
      expect(answer.classes.map(({ label }) => label)).toEqual(classes.map(({ label }) => label));
      for (const [c, { probability }] of classes.entries()) {
        expect(answer.classes[c]!.probability).toBeCloseTo(probability, 5);
      }
    }
  }
});

test("an exported folder and its URL answer as the run, and pictures are paths, bytes or pixels", async () => {
  const exported = join(folder.path, "exported");
  await writeLiveModel(run, exported);
  const server = createServer((request, response) => {
    response.end(readFileSync(join(exported, request.url!.split("/").at(-1)!)));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const picture = join(pictures, "03.png");
  using original = await loadModel(run);
  const expected = await original.predict(picture);
  try {
    for (const source of [exported, `http://127.0.0.1:${port}/model`]) {
      using model = await loadModel(source);
      expect(await model.predict(picture)).toEqual(expected);
      expect(await model.predict([readFileSync(picture)])).toEqual([expected]);
    }
  } finally {
    server.close();
  }
});

test("broken files are skipped and named; the exit code is 1 if nothing could be read", async () => {
  const broken = join(folder.path, "broken.png");
  writeFileSync(broken, "no picture");
  const { code, out, err } = await moesaic(
    "predict",
    run,
    broken,
    join(pictures, "0?.png"),
    "--top",
    "1",
    "--csv",
  );
  expect(code).toBe(0);
  expect(out.trim().split("\n")).toHaveLength(11);
  expect(out).toMatch(/^input,label,probability\n/);
  expect(err).toContain("broken.png cannot be decoded: it is not a ");
  expect(err).toContain("1 of 11 inputs skipped");
  expect((await moesaic("predict", run, broken)).code).toBe(1);
});

test("--experts prints the share of each expert, and every patch with --json", async () => {
  const picture = join(pictures, "00.png");
  const { predictions } = await printed(picture, "--experts");
  const [layer] = predictions[0]!.routing!.layers;
  expect(layer!.ids[0]).toHaveLength(9);
  const { out } = await moesaic("predict", run, picture, "--experts");
  expect(out).toMatch(/layer +expert 0 +expert 1/);
});

test("texts, continuations, captions and similarities", async () => {
  const trained = await trainLiveRun(folder.path, "text-classifier");
  const classes = await moesaic("predict", trained, "a good film", "a dull ending", "--json");
  expect((JSON.parse(classes.out) as Printed).predictions.map(({ input }) => input)).toEqual([
    "a good film",
    "a dull ending",
  ]);
  const limoe = await trainLiveRun(folder.path, "limoe");
  const picture = join(pictures, "00.png");
  const similar = await moesaic(
    "predict",
    limoe,
    picture,
    "--texts",
    "a red circle",
    "a blue square",
    "--csv",
  );
  expect(similar.out.trim().split("\n")).toHaveLength(3);
  const seemoe = await trainLiveRun(folder.path, "seemoe");
  const caption = await moesaic("caption", seemoe, picture);
  const predicted = await moesaic("predict", seemoe, picture);
  expect(predicted.out.trim()).toBe(`${picture}: ${caption.out.trim()}`);
});
