/** Models in a page's worker, compared with the same models on the native runtime. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLiveModel } from "../../src/live/index.ts";
import type { LiveModel } from "../../src/live/types.ts";
import { exportLiveModel, writeLiveModel } from "../../src/runs/export-live-model.ts";
import { nativeRuntime } from "../../src/runtime/native/native.ts";
import {
  type LiveRun,
  liveImages,
  liveRuns,
  passage,
  sentences,
  trainLiveRun,
} from "../unit/live-runs.fixture.ts";
import { temporaryFolder } from "../unit/moesaic.fixture.ts";
import { isolation, launchBrowser, serve, watch } from "./browser.fixture.ts";
import { asks, type LiveAnswers, type LiveInput, type LiveLayer } from "./live-answers.fixture.ts";
import { buildLivePage, inPage } from "./live-page.fixture.ts";

const folder = temporaryFolder();
const site = join(folder.path, "site");
/** The strictest policy that allows WebAssembly. */
const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:";
/** Inputs of each model. */
const COUNT = 20;
/** Experts may swap only if their probabilities are this close. */
const TIE = 1e-5;
const CLOSE = 1e-4;

const models = new Map<LiveRun, LiveModel>();
let browser: Browser;
let server: Awaited<ReturnType<typeof serve>>;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  await buildLivePage(site);
  for (const name of liveRuns) {
    const run = await trainLiveRun(folder.path, name);
    await writeLiveModel(run, join(site, name));
    const { spec, weights } = await exportLiveModel(run);
    models.set(name, await createLiveModel(spec, weights, { runtime: nativeRuntime() }));
  }
  server = await serve(site, { "Content-Security-Policy": policy });
  browser = await launchBrowser();
  page = await browser.newPage();
  complaints = watch(page);
  await page.goto(`${server.url}/index.html`);
}, 240_000);
afterAll(async () => {
  for (const model of models.values()) model.dispose();
  await browser?.close();
  await server?.close();
  folder.remove();
});

/** Inputs that a model of this kind accepts. */
async function inputsFor({ spec }: LiveModel): Promise<LiveInput[]> {
  const images = (await liveImages(COUNT, 24)).map((image) => ({
    ...image,
    data: Array.from(image.data),
  }));
  switch (spec.kind) {
    case "image-classifier":
    case "captioner":
      return images.map((image) => ({ image }));
    case "contrastive":
      return images.map((image, i) => ({
        image,
        text: `a ${["red", "blue", "green", "large"][i % 4]} ${spec.classNames[i % 8]} left of a circle`,
      }));
    case "text-classifier":
      return sentences.slice(0, COUNT).map((text) => ({ text }));
    case "language-model":
      return Array.from({ length: COUNT }, (_, i) => ({
        text: passage.slice(i, i + 1 + i),
        maxNewTokens: 24,
      }));
  }
}

test.each(liveRuns)("%s: a page gives the same answers as Node", async (name) => {
  const model = models.get(name)!;
  const base = `./${name}/`;
  const opened = await inPage<{ kind: string; loaded: number; total: number }>(page, "open", base);
  expect(opened.kind).toBe(model.spec.kind);
  expect(opened.loaded).toBe(opened.total);
  expect(opened.loaded).toBeGreaterThan(1000);
  const inputs = await inputsFor(model);
  expect(inputs).toHaveLength(COUNT);
  let layers = 0;
  for (const input of inputs) {
    const native = await asks(model, input);
    const web = await inPage<LiveAnswers>(page, "ask", base, input);
    layers += expectSame(web, native);
  }
  expect(layers).toBeGreaterThanOrEqual(COUNT);
  expect(await inPage(page, "close", base, inputs[0])).toBe("the model was closed");
  expect(complaints).toEqual([]);
});

/** Returns the number of compared layers. */
function expectSame(web: LiveAnswers, native: LiveAnswers): number {
  expect(web.texts).toEqual(native.texts);
  expect(Object.keys(web.numbers)).toEqual(Object.keys(native.numbers));
  for (const [name, expected] of Object.entries(native.numbers)) {
    expectClose(web.numbers[name]!, expected, CLOSE);
    const best = (list: readonly number[]): number => list.indexOf(Math.max(...list));
    if (name === "classes") expect(best(web.numbers.classes!)).toBe(best(expected));
  }
  expect(Object.keys(web.layers)).toEqual(Object.keys(native.layers));
  let count = 0;
  for (const [name, expected] of Object.entries(native.layers)) {
    const found = web.layers[name]!;
    expect(found.map(({ layer }) => layer)).toEqual(expected.map(({ layer }) => layer));
    expected.forEach((layer, i) => {
      expectSameRouting(found[i]!, layer);
    });
    count += expected.length;
  }
  return count;
}

function expectSameRouting(web: LiveLayer, native: LiveLayer): void {
  const { numExperts } = native;
  expect(web.numExperts).toBe(numExperts);
  expectClose(web.probabilities, native.probabilities, CLOSE);
  expect(web.ids.length).toBe(native.ids.length);
  native.ids.forEach((row, k) => {
    expect(web.ids[k]!.length).toBe(row.length);
    row.forEach((expert, token) => {
      const other = web.ids[k]![token]!;
      if (other === expert) return;
      const of = (id: number): number => native.probabilities[token * numExperts + id]!;
      expect(
        Math.abs(of(expert) - of(other)),
        `${native.layer}, token ${token}: expert ${other} instead of ${expert}`,
      ).toBeLessThanOrEqual(TIE);
    });
    expectClose(web.combineWeights[k]!, native.combineWeights[k]!, CLOSE);
  });
}

function expectClose(found: readonly number[], expected: readonly number[], most: number): void {
  expect(found.length).toBe(expected.length);
  const error = Math.max(0, ...found.map((value, i) => Math.abs(value - expected[i]!)));
  expect(error).toBeLessThan(most);
}

test("texts grow during generation, and stop on request", async () => {
  const base = "./moe-decoder/";
  await inPage(page, "open", base);
  const input: LiveInput = { text: "to be", maxNewTokens: 40 };
  const texts = await inPage<string[]>(page, "stream", base, input);
  expect(texts).toHaveLength(40);
  texts.forEach((text, i) => {
    expect(text.startsWith(texts[i - 1] ?? "")).toBe(true);
  });
  const long = { ...input, maxNewTokens: 2000 };
  const stopped = await inPage<{ texts: number; message: string }>(page, "stopEarly", base, long);
  expect(stopped).toEqual({ texts: 2, message: "stopped by the reader" });
  // The worker is available again.
  expect(await inPage<string[]>(page, "stream", base, input)).toEqual(texts);
  expect(complaints).toEqual([]);
});

test("several threads in an isolated page give the same results", async () => {
  const isolated = await serve(site, isolation);
  const own = await browser.newPage();
  const complaints = watch(own);
  const base = "./seemoe/";
  const workers: string[] = [];
  own.on("worker", (worker) => workers.push(worker.url()));
  await own.goto(`${isolated.url}/index.html`);
  expect(await own.evaluate("crossOriginIsolated")).toBe(true);
  await inPage(own, "open", base);
  const model = models.get("seemoe")!;
  for (const input of (await inputsFor(model)).slice(0, 3)) {
    expectSame(await inPage<LiveAnswers>(own, "ask", base, input), await asks(model, input));
  }
  // Threads are workers of the runtime, in addition to the model's worker.
  const cores = await own.evaluate<number>("navigator.hardwareConcurrency");
  expect(workers).toHaveLength(Math.min(4, cores));
  expect(complaints).toEqual([]);
  await own.close();
  await isolated.close();
});

test("invalid models are refused with a clear error", async () => {
  const write = (name: string, spec: string, weights = ""): string => {
    mkdirSync(join(site, name), { recursive: true });
    writeFileSync(join(site, name, "model.json"), spec);
    writeFileSync(join(site, name, "weights.safetensors"), weights);
    return `./${name}/`;
  };
  const spec = models.get("vit-moe")!.spec;
  const noJson = write("no-json", "<script>");
  const noModel = write("no-model", '{"version":2}');
  const noWeights = write("no-weights", JSON.stringify(spec), "short");
  expect(await inPage(page, "refusal", noJson)).toBe(
    "UserError: model.json is not JSON; export the model again",
  );
  expect(await inPage(page, "refusal", noModel)).toMatch(
    /^UserError: model.json is not a live model: /,
  );
  expect(await inPage(page, "refusal", noWeights)).toMatch(
    /5 bytes are too few for a safetensors file/,
  );
  expect(complaints).toEqual([]);
  expect(await inPage(page, "refusal", "./nowhere/")).toBe(
    "UserError: model.json cannot be fetched: HTTP status 404",
  );
});
