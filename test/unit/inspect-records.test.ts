/** The inspector's data of every system, after a real training of one or two seconds. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeRecord, type StoredRecord } from "../../src/inspect/record/record-codec.ts";
import type { MosaicLayer } from "../../src/inspect/types/mosaic.ts";
import { type LiveRun, trainLiveRun } from "./live-runs.fixture.ts";
import { temporaryFolder } from "./moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

interface Expected {
  /** Layers of the mosaics; none without images. */
  readonly mosaic?: readonly string[];
  /** Layers of the attention among patches. */
  readonly attention?: readonly string[];
  /** Layers of the traces of texts. */
  readonly tokens?: readonly string[];
  /** Content of the confusion matrix cells. */
  readonly confusion?: "image" | "text";
}

const blocks = (end: string, start = ""): string[] =>
  [0, 1].map((i) => `${start}blocks.${i}.${end}`);
const classified = {
  mosaic: blocks("moe"),
  attention: blocks("attn"),
  confusion: "image",
} as const;

const systems: Partial<Record<LiveRun, Expected>> = {
  "diff-moe": classified,
  "diff-moe-prompts": classified,
  "diff-moe-captions": {
    mosaic: blocks("moe"),
    attention: blocks("attn"),
    tokens: ["text_blocks.0.moe"],
  },
  "vit-moe": classified,
  "expert-choice": classified,
  "sf-moe": { ...classified, mosaic: ["blocks.0.moe"] },
  "sparsely-gated": { mosaic: ["moe"], confusion: "image" },
  limoe: {
    mosaic: ["blocks.1.moe"],
    attention: blocks("attn.image"),
    tokens: ["blocks.1.moe"],
    confusion: "image",
  },
  seemoe: {
    mosaic: [...blocks("moe", "vision."), ...blocks("moe", "decoder.")],
    attention: blocks("attn", "vision."),
    tokens: blocks("moe", "decoder."),
  },
  "seemoe-pooled": {
    mosaic: blocks("moe", "vision."),
    attention: blocks("attn", "vision."),
    tokens: blocks("moe", "decoder."),
  },
  "moe-decoder": { tokens: blocks("moe") },
  "text-classifier": { tokens: blocks("moe"), confusion: "text" },
};

describe.each(Object.entries(systems))("%s", (name, expected) => {
  let record: StoredRecord;
  let size = 0;
  beforeAll(async () => {
    const run = await trainLiveRun(folder.path, name as LiveRun);
    const path = join(run, "record.json");
    record = decodeRecord(readFileSync(path, "utf8"));
    size = statSync(path).size;
  }, 60_000);

  test("mosaics with the decisions for every patch", () => {
    const { mosaics = [] } = record;
    expect(mosaics.length).toBe(expected.mosaic === undefined ? 0 : 12);
    for (const { layers } of mosaics) {
      expect(layers.map(({ layer }) => layer)).toEqual(expected.mosaic);
      for (const layer of layers) expectDetails(layer, layer.rows * layer.cols);
    }
    const attention = mosaics[0]?.attention;
    expect(attention?.layers.map(({ layer }) => layer)).toEqual(expected.attention);
  });

  test("texts with the decisions for every word", () => {
    const { tokenTraces = [] } = record;
    expect(tokenTraces.length > 0).toBe(expected.tokens !== undefined);
    for (const { tokens, layers } of tokenTraces) {
      expect(layers.map(({ layer }) => layer)).toEqual(expected.tokens);
      for (const layer of layers) expectDetails(layer, tokens.length);
    }
  });

  test("the top patches and words of experts, for every kind of token", () => {
    const layers = [...new Set([...(expected.mosaic ?? []), ...(expected.tokens ?? [])])];
    expect(record.galleries!.map(({ layer }) => layer).sort()).toEqual(layers.sort());
    for (const { layer, numPatches, numWords } of record.galleries!) {
      expect([layer, numPatches > 0]).toEqual([layer, expected.mosaic?.includes(layer) ?? false]);
      expect([layer, numWords > 0]).toEqual([layer, expected.tokens?.includes(layer) ?? false]);
    }
  });

  test("samples of every cell of the confusion matrix", () => {
    const { confusion, confusionSamples = [] } = record;
    expect(confusion !== undefined).toBe(expected.confusion !== undefined);
    for (const [label, row] of confusion?.entries() ?? []) {
      for (const [predicted, count] of row.entries()) {
        const cell = confusionSamples.filter(
          (sample) => sample.label === label && sample.predicted === predicted,
        );
        expect(cell.length).toBe(Math.min(3, count));
        for (const sample of cell) expect(sample[expected.confusion!]).toBeDefined();
      }
    }
  });

  test("small files", () => {
    expect(size).toBeGreaterThan(5000);
    expect(size).toBeLessThan(1_000_000);
  });
});

/** Choices, weights and probabilities of `count` tokens. */
function expectDetails(layer: Omit<MosaicLayer, "rows" | "cols">, count: number): void {
  const { ids, combineWeights, probabilities, numExperts } = layer;
  for (const row of [...ids, ...combineWeights!]) expect(row).toHaveLength(count);
  expect(combineWeights).toHaveLength(ids.length);
  expect(probabilities).toHaveLength(count * numExperts!);
  expect(Math.max(...probabilities!)).toBeGreaterThan(0);
  expect(Math.max(...probabilities!)).toBeLessThanOrEqual(1);
}

test("words of captions attend to patches if the decoder reads patches", async () => {
  const path = join(folder.path, "seemoe", "record.json");
  const { mosaics, tokenTraces } = decodeRecord(readFileSync(path, "utf8"));
  const { fromWords, rows, cols } = mosaics![0]!.attention!;
  expect(fromWords!.words).toEqual(tokenTraces![0]!.tokens);
  for (const layer of fromWords!.layers) {
    expect(layer).toMatchObject({
      numHeads: 2,
      numQueries: fromWords!.words.length,
      numKeys: rows * cols,
    });
    expect(Math.max(...layer.weights)).toBe(255);
  }
});
