import { describe, expect, test } from "vitest";
import { fromSnakeCase } from "../../config/case.ts";
import type { Batch } from "../../data/batches/batch.ts";
import { countCharacters, tokenRows } from "../../data/batches/token-rows.ts";
import { openShapes } from "../../data/shapes/index.ts";
import { createTokenizer, learnTokenizer, type Tokenizer } from "../../data/tokenizers/index.ts";
import { allocate, array, type NdArray, toNumbers } from "../../graph/array.ts";
import { seeMoeSchema } from "../../models/seemoe/config.ts";
import { tinySeeMoe } from "../../models/seemoe/seemoe.fixture.ts";
import { normalArray, runScoped } from "../../nn/scope.fixture.ts";
import { firstObject, namesMainObject } from "./match.ts";
import { shiftedImages } from "./shifted.ts";
import { captioning, captioningTask } from "./task.ts";

const images = normalArray("images", [2, 3, 8, 8]);
const texts = ["abc", "c?"];

function characters(specials: ("pad" | "unknown" | "start" | "end")[]): Tokenizer {
  return createTokenizer(learnTokenizer("character", ["abc"], { specials }));
}

/** Scalars, and log-probabilities of the tokens, `[sample][position][token]`. */
async function evaluate(tokenizer: Tokenizer, change: (rows: number[]) => number[] = (x) => x) {
  const model = tinySeeMoe({ embedding_std: 0.3 }, {}, tokenizer.vocabularySize);
  const { tokens, lengths } = tokenRows(tokenizer, texts, 6);
  const counts = countCharacters(tokenizer, { tokens, lengths });
  const changed = array(change(toNumbers(tokens)), "int64");
  const inputs = {
    images,
    tokens: { ...changed, shape: [2, 6] } as NdArray,
    lengths,
    characters: counts,
  };
  const { outputs } = await runScoped(
    (scope, batch) => {
      const { loss, metrics, outputs: more } = captioning(model, tokenizer)(scope, batch);
      return { loss, ...metrics, ...more };
    },
    { inputs },
  );
  const scores = toNumbers(outputs.logits!);
  const size = tokenizer.vocabularySize;
  const rows = Array.from({ length: 12 }, (_, n) => scores.slice(n * size, (n + 1) * size));
  const logs = rows.map((row) => {
    const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
    return row.map((x) => x - total);
  });
  const number = (name: string): number => toNumbers(outputs[name]!)[0]!;
  return { number, log: (sample: number, at: number, id: number) => logs[sample * 6 + at]![id]! };
}

describe("the loss", () => {
  test("counts every token of a caption, from the first to the end token", async () => {
    const tokenizer = characters(["pad", "unknown", "end"]); // 0 a, 1 b, 2 c, 3 pad, 4 unknown, 5 end
    const { number, log } = await evaluate(tokenizer);
    const first = log(0, 0, 0) + log(0, 1, 1) + log(0, 2, 2) + log(0, 3, 5);
    const second = log(1, 0, 2) + log(1, 1, 4) + log(1, 2, 5); // "?" is outside the vocabulary.
    expect(number("loss")).toBeCloseTo(-(first + second) / 7, 5);
    expect(number("loss_per_character")).toBeCloseTo(-(first + second) / 5, 5);
  });

  test("does not count a start token, which predicts the first one", async () => {
    const tokenizer = characters(["pad", "unknown", "start", "end"]); // 5 start, 6 end
    const { number, log } = await evaluate(tokenizer);
    const first = log(0, 1, 0) + log(0, 2, 1) + log(0, 3, 2) + log(0, 4, 6);
    const second = log(1, 1, 2) + log(1, 2, 4) + log(1, 3, 6);
    expect(number("loss")).toBeCloseTo(-(first + second) / 7, 5);
  });

  test("does not depend on padding", async () => {
    const tokenizer = characters(["pad", "unknown", "end"]);
    const [before, after] = [
      await evaluate(tokenizer),
      await evaluate(tokenizer, (ids) => ids.with(4, 0).with(5, 1).with(10, 2)),
    ];
    expect(after.number("loss")).toBeCloseTo(before.number("loss"), 6);
    expect(after.number("accuracy")).toBe(before.number("accuracy"));
  });
});

describe("invalid settings are refused with a clear error", () => {
  const settings = fromSnakeCase(
    seeMoeSchema.parse({
      system: "seemoe",
      ...{ width: 8, num_layers: 1, num_heads: 2, context_length: 8 },
      vision: { patch_size: 8, width: 8, num_layers: 1, num_heads: 2 },
    }),
  );
  const dataset = openShapes({ name: "shapes", split: "train", length: 2 });
  const fieldsOf = (length: number) =>
    ({
      images: { dtype: "float32", shape: [3, 32, 32] },
      tokens: { dtype: "int64", shape: [length] },
    }) as const;
  const options = { labelSmoothing: 0, session: {} };
  const tokenizer = characters(["end"]);

  test.each([
    ["no tokenizer", { dataset, fields: fieldsOf(8) }, "captions need a tokenizer"],
    [
      "no end token",
      { dataset, fields: fieldsOf(8), tokenizer: characters(["pad"]) },
      "captions need an end token, which stops generation",
    ],
    [
      "captions that are longer than the context",
      { dataset, fields: fieldsOf(9), tokenizer },
      "data.context_length 9 must be at least 2 and at most model.context_length 8",
    ],
    [
      "no captions",
      { dataset: { ...dataset, get: () => ({}) as never }, fields: fieldsOf(8), tokenizer },
      "shapes has no captions to learn",
    ],
  ])("%s", (_, source, message) => {
    expect(() => captioningTask(settings, source, options)).toThrow(message);
  });

  test("valid settings give a task", () => {
    const task = captioningTask(settings, { dataset, fields: fieldsOf(8), tokenizer }, options);
    expect(task).toMatchObject({ score: { name: "loss", better: "lower" }, tokensPerSample: 8 });
  });
});

test.each([
  ["a large red circle left of a blue star", { color: "red", shape: "circle" }],
  ["An orange dotted ARROW.", { color: "orange", shape: "arrow" }],
  ["a star above a red cross", { shape: "star" }],
  ["red", {}],
  ["", {}],
])("the first object of %o is %o", (caption, expected) => {
  expect(firstObject(caption)).toEqual(expected);
});

test("a caption matches by colour and shape of the main object", () => {
  const objects = [
    { color: "red", shape: "star" },
    { color: "blue", shape: "cross" },
  ];
  expect(namesMainObject("a tiny red star above a blue cross", objects)).toBe(true);
  expect(namesMainObject("a blue cross below a red star", objects)).toBe(false);
  expect(namesMainObject("a red cross", objects)).toBe(false);
  expect(namesMainObject("a red star", [])).toBe(false);
});

/** Samples whose image is their index, in batches of `size`. */
function countingLoader(length: number, size: number) {
  let step = 0;
  return {
    batchesPerEpoch: Math.ceil(length / size),
    seek: (to: number) => {
      step = to;
    },
    next: async (): Promise<Batch | undefined> => {
      const indices = Int32Array.from({ length }, (_, i) => i).slice(
        step * size,
        (step + 1) * size,
      );
      step += 1;
      if (indices.length === 0) return undefined;
      const data = allocate("float32", [indices.length, 1, 1, 1]);
      data.data.set(indices);
      return { step, epoch: 0, indices, arrays: { images: data } };
    },
  };
}

test.each([
  [2, 5, 1],
  [7, 3, 3],
  [9, 3, 4],
  [200, 16, 64],
  [130, 100, 64],
])(
  "for %i samples in batches of %i each has the image %i positions before it",
  async (...given) => {
    const [length, size, shift] = given;
    const source = shiftedImages(countingLoader(length, size), length);
    for (let round = 0; round < 2; round++) {
      const found: number[] = [];
      source.seek(0);
      for (let batch = await source.next(); batch !== undefined; batch = await source.next()) {
        expect(batch.arrays.images!.shape).toEqual([batch.indices.length, 1, 1, 1]);
        found.push(...toNumbers(batch.arrays.images!));
      }
      expect(found).toEqual(Array.from({ length }, (_, i) => (i - shift + length) % length));
    }
  },
);
