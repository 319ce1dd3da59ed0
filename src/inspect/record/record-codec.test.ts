import { expect, test } from "vitest";
import { fixtureRun } from "../../report/report.fixture.ts";
import type { RecordedImage } from "../types/image.ts";
import type { Mosaic } from "../types/mosaic.ts";
import { fitRecord } from "./fit-record.ts";
import {
  decodeRecord,
  encodeRecord,
  MAX_RECORD_LENGTH,
  type StoredRecord,
} from "./record-codec.ts";

const { metrics: _, ...fixture } = fixtureRun({ steps: 20 });

const image: RecordedImage = {
  width: 2,
  height: 1,
  channels: 3,
  data: Uint8Array.of(0, 1, 2, 253, 254, 255),
};
const spread = fixture.routing![0]!;
const decisions = {
  ids: [
    [0, 1],
    [1, 0],
  ],
  combineWeights: [
    [0.75, 1 / 3], // first choices keep all digits
    [0.25, 0.667],
  ],
  probabilities: Float32Array.of(0.75, 0.25, 0.123, 0.333),
};

/** A record with every part. */
const record: StoredRecord = {
  ...fixture,
  name: "<script>alert(1)</script>",
  confusionSamples: [
    { label: 0, predicted: 1, image },
    { label: 1, predicted: 1, text: "a text" },
  ],
  domains: {
    domains: ["flat", "noisy"],
    heldOut: ["noisy"],
    routing: [
      {
        ...spread,
        labels: spread.labels!.map((label) => ({
          ...label,
          byDomain: [
            {
              domain: "flat",
              values: label.values,
              counts: label.counts,
              association: label.association,
            },
          ],
        })),
      },
    ],
    scenes: {
      count: 64,
      shown: [
        [
          {
            image,
            label: 0,
            layers: [{ layer: "moe", rows: 1, cols: 2, ...decisions }],
          },
        ],
      ],
      agreement: [{ layer: "moe", domains: ["flat", "noisy"], firstChoice: 0.5, kappa: -0.25 }],
    },
  },
  regions: {
    axes: ["x", "y"],
    range: [-3, 3],
    size: 1,
    numExperts: 2,
    predicted: [1],
    ids: [0],
    combineWeights: [0.625],
    points: [{ x: 0.5, y: -1, label: 1 }],
    scores: [{ name: "expert 0", accuracy: 1, byClass: [1, Number.NaN] }],
  },
  tokenTraces: [
    {
      tokens: ["a", "<end>"],
      layers: [{ layer: "moe", numExperts: 2, ...decisions }],
      label: 1,
      predicted: 0,
    },
  ],
  textPredictions: [{ text: "fine", label: 1, predicted: 0, probability: 0.75 }],
  language: { charactersPerToken: 4.5 },
  samples: [{ temperature: 0.8, prompt: "To", text: " be" }],
  captions: [{ image, caption: "two pixels", references: ["some pixels"] }],
  galleries: [
    {
      layer: "moe",
      numPatches: 2,
      numWords: 1,
      experts: [
        {
          expert: 0,
          numPatches: 2,
          numWords: 1,
          patches: [{ image, index: 3, patch: 1, probability: 0.875 }],
          words: [{ text: "red", count: 3, total: 4 }],
        },
      ],
    },
  ],
  retrieval: {
    split: "test",
    numImages: 2,
    numTexts: 3,
    byText: [{ text: "red", rank: 1, images: [{ image, score: 0.5, own: true }] }],
    byImage: [{ image, rank: 2, texts: [{ text: "red", score: 0.25, own: false }] }],
  },
  classPrompts: [["a circle"], ["a square"]],
};

test("a record survives the round trip", () => {
  const read = decodeRecord(encodeRecord(record));
  expect(read).toEqual(record);
  expect(decodeRecord(encodeRecord(read))).toEqual(read);
  expect(JSON.parse(encodeRecord(record))).toMatchObject({
    version: 1,
    confusion_samples: [
      { image: { width: 2, data: btoa("\0\x01\x02\xfd\xfe\xff") } },
      { text: "a text" },
    ],
  });
});

test("later weights and all probabilities are stored in thousandths", () => {
  const layer = {
    layer: "moe",
    numExperts: 2,
    ids: [[0], [1]],
    combineWeights: [[2 / 3], [1 / 3]],
    probabilities: Float32Array.of(2 / 3, 1 / 3),
  };
  const traced = { ...record, tokenTraces: [{ tokens: ["a"], layers: [layer] }] };
  const [read] = decodeRecord(encodeRecord(traced)).tokenTraces![0]!.layers;
  expect(read).toEqual({
    ...layer,
    combineWeights: [[2 / 3], [0.333]],
    probabilities: Float32Array.of(0.667, 0.333),
  });
});

/** Parts of a record with the names of older versions. */
const old = {
  version: 1,
  name: "run",
  recipe: "quickstart",
  config: null,
  summary: {},
  class_names: [],
  mosaics: [
    {
      image: { width: 2, height: 1, channels: 1, data: "AAE=" },
      label: 0,
      layers: [
        { layer: "blocks.0.moe", rows: 1, cols: 2, experts: [3, 0] },
        {
          layer: "blocks.1.moe",
          rows: 1,
          cols: 2,
          experts: [1, 0],
          gates: [0.5371, 1],
          num_experts: 2,
          choices: [
            [1, 0],
            [0, 2],
          ],
          weights: [
            [0.537, 1],
            [0.463, 0],
          ],
          probabilities: "zwEZAugDAAA=",
        },
      ],
      decisions: [
        {
          patch: 1,
          rows: 1,
          cols: 2,
          layers: [{ layer: "blocks.1.moe", probabilities: [1, 0], experts: [0] }],
        },
      ],
    },
  ],
  regions: {
    ...{ axes: ["x", "y"], range: [-1, 1], size: 1, num_experts: 2, predicted: [1] },
    ...{ experts: [0], gates: [0.625], points: [], scores: [] },
  },
  token_traces: [
    { tokens: ["a"], layers: [{ layer: "moe", num_experts: 2, experts: [1], gates: [0.75] }] },
  ],
  galleries: [
    {
      ...{ layer: "moe", num_patches: 1, num_words: 0 },
      experts: [
        {
          ...{ expert: 0, num_patches: 1, num_words: 0, words: [] },
          patches: [
            {
              image: { width: 1, height: 1, channels: 1, data: "AA==" },
              index: 3,
              patch: 1,
              gate: 0.875,
            },
          ],
        },
      ],
    },
  ],
};

test("a record of an older version is read with current names and written unchanged", () => {
  const { mosaics, tokenTraces, regions, galleries } = decodeRecord(JSON.stringify(old));
  const [{ layers, decisions }] = mosaics as [Mosaic];
  expect(layers[0]).toEqual({ layer: "blocks.0.moe", rows: 1, cols: 2, ids: [[3, 0]] });
  expect(layers[1]).toEqual({
    layer: "blocks.1.moe",
    rows: 1,
    cols: 2,
    numExperts: 2,
    ids: [
      [1, 0],
      [0, 2],
    ],
    combineWeights: [
      [0.5371, 1],
      [0.463, 0],
    ],
    probabilities: Float32Array.of(0.463, 0.537, 1, 0),
  });
  expect(decisions![0]!.layers[0]!.ids).toEqual([0]);
  expect(tokenTraces![0]!.layers[0]).toEqual({
    layer: "moe",
    numExperts: 2,
    ids: [[1]],
    combineWeights: [[0.75]],
  });
  expect(regions).toMatchObject({ ids: [0], combineWeights: [0.625] });
  expect(galleries![0]!.experts[0]!.patches[0]!.probability).toBe(0.875);
  expect(JSON.parse(encodeRecord(decodeRecord(JSON.stringify(old))))).toEqual(old);
});

const stored = JSON.parse(encodeRecord(record));

/** The record with the value at `path` replaced. */
function changed(path: string, value: unknown): string {
  const copy = structuredClone(stored);
  const keys = path.split(".");
  const parent = keys.slice(0, -1).reduce((at, key) => at[key], copy);
  parent[keys.at(-1)!] = value;
  return JSON.stringify(copy);
}

const deep = Array.from({ length: 40 }).reduce<unknown>((inner) => [inner], 1);

test.each<[string, string, string]>([
  ["invalid JSON", "<html>", "not JSON"],
  ["no record", "null", "no version"],
  ["another version", changed("version", 2), "has version 2"],
  [
    "a list for an object",
    changed("summary", []),
    "record.summary is a list; it must be an object",
  ],
  ["a number for a string", changed("name", 7), "record.name is 7"],
  [
    "a missing part",
    changed("classNames", undefined).replace('"class_names"', '"x"'),
    "record.class_names is absent",
  ],
  [
    "a huge picture",
    changed("mosaics.0.image.width", 1e9),
    "record.mosaics[0].image.width is 1000000000",
  ],
  [
    "a picture with other sizes",
    changed("captions.0.image.height", 2),
    "record.captions[0].image has 6 bytes for 2x2x3",
  ],
  ["text that is no base64", changed("captions.0.image.data", "%%"), 'is "%%"; it must be base64'],
  [
    "attention with other sizes",
    changed("mosaics.0.attention.layers.0.num_heads", 9),
    "weights for 9x",
  ],
  ["a mosaic with other sizes", changed("mosaics.0.layers.0.rows", 3), "experts for 3x8 patches"],
  [
    "choices of other tokens",
    changed("token_traces.0.layers.0.choices.1", [0]),
    "record.token_traces[0].layers[0] has 2 first choices, but another list has 1",
  ],
  [
    "too many experts",
    changed("routing.0.load", Array(5000).fill(0)),
    "has 5000 entries; the limit is 4096",
  ],
  ["a long text", changed("recipe", "a".repeat(2000)), "has 2000 characters"],
  ["a deep configuration", changed("config", deep), "record.config is nested too deep"],
  [
    "a name of a prototype property",
    changed("config", null)
      .replace("null", '{"__proto__":[[]]}')
      .replace('"name":', '"__proto__":{"name":1},"nam":'),
    "record.name is absent",
  ],
])("%s is rejected with its path", (_, content, message) => {
  expect(() => decodeRecord(content)).toThrow(RangeError);
  expect(() => decodeRecord(content)).toThrow(message);
});

test("a file that is too long is rejected before parsing", () => {
  expect(() => decodeRecord(" ".repeat(MAX_RECORD_LENGTH + 1))).toThrow("characters; the limit is");
});

test("large images are shrunk, and details beyond the budget are dropped", () => {
  const large = { width: 640, height: 320, channels: 3, data: new Uint8Array(640 * 320 * 3) };
  const layer = {
    layer: "moe",
    rows: 16,
    cols: 16,
    numExperts: 512,
    ids: [Array<number>(256).fill(1)],
    combineWeights: [Array<number>(256).fill(1)],
    probabilities: new Float32Array(256 * 512),
  };
  const mosaic = { image: large, label: 0, layers: Array(2).fill(layer) };
  const captions = [{ image: large, caption: "", references: [] }];
  const fitted = fitRecord({ ...fixture, mosaics: Array(12).fill(mosaic), captions });
  expect(fitted.mosaics![0]!.image).toMatchObject({ width: 160, height: 80 });
  expect(fitted.captions![0]!.image).toMatchObject({ width: 92, height: 46 });
  const kept = fitted.mosaics!.map(({ layers }) =>
    layers.every(({ probabilities }) => probabilities),
  );
  expect(kept).toEqual([true, true, ...Array(10).fill(false)]);
  expect(fitted.mosaics![5]!.layers[0]).toMatchObject({ ids: layer.ids });
  expect(encodeRecord(fitted).length).toBeLessThan(4_000_000);

  const patch = { image: large, index: 0, patch: 0, probability: 1 };
  const expert = {
    expert: 0,
    numPatches: 12,
    numWords: 0,
    patches: Array(12).fill(patch),
    words: [],
  };
  const gallery = { layer: "moe", numPatches: 12, numWords: 0, experts: Array(64).fill(expert) };
  const { galleries } = fitRecord({ ...fixture, galleries: Array(12).fill(gallery) });
  expect(galleries![11]!.experts[63]!.patches).toHaveLength(2); // 24x12x3 bytes each
  expect(
    fitRecord({ ...fixture, galleries: [gallery] }).galleries![0]!.experts[0]!.patches,
  ).toHaveLength(12);
});
