import { describe, expect, test } from "vitest";
import { UserError } from "../graph/errors.ts";
import { readLiveModelSpec, readSettings } from "./spec.ts";

const classifier = {
  version: 1,
  kind: "image-classifier",
  recipe: "tiny",
  step: 20,
  model: { system: "vit-moe", patch_size: 4, width: 16, num_layers: 1, num_heads: 2 },
  imageShape: [3, 16, 16],
  normalize: { mean: [0.5], std: [0.25] },
  classNames: ["circle", "star"],
};
const tokenizer = { kind: "word", words: ["a"], specials: ["unknown"] };
const texts = {
  ...classifier,
  kind: "text-classifier",
  model: { system: "text-classifier" },
  tokenizer,
  contextLength: 8,
};

test("an exported spec is read", () => {
  expect(readLiveModelSpec(classifier)).toEqual(classifier);
  expect(readLiveModelSpec(texts).tokenizer).toEqual(tokenizer);
});

test("settings of an older version are read", () => {
  const dispatch = { name: "capacity", normalize: "after" };
  const model = { ...classifier.model, moe: { dispatch } };
  const settings = readSettings(readLiveModelSpec({ ...classifier, model }));
  expect(settings).toMatchObject({ moe: { dispatch: { normalization: "after" } } });
});

describe("rejected with one sentence", () => {
  test.each<[string, unknown, string]>([
    ["no object", "model", "model.json is not a live model: Invalid input"],
    ["another version", { ...classifier, version: 2 }, "version: Invalid input"],
    ["an unknown key", { ...classifier, extra: 1 }, 'Unrecognized key: "extra"'],
    ["a wrong model", { ...classifier, model: { system: "x" } }, "model.system: Invalid"],
    ["a wrong setting", { ...classifier, model: { system: "vit-moe", width: -1 } }, "model.width"],
    [
      "another kind",
      { ...classifier, kind: "captioner" },
      "a model of vit-moe cannot be a captioner",
    ],
    ["huge images", { ...classifier, imageShape: [3, 5000, 16] }, "imageShape.1: Too big"],
    ["images of two channels", { ...classifier, imageShape: [2, 16, 16] }, "imageShape.0"],
    ["no images", { ...classifier, imageShape: undefined }, "imageShape or normalize is missing"],
    ["no classes", { ...classifier, classNames: [] }, "classNames is empty"],
    [
      "sizes that end in another shape",
      { ...classifier, imageSizes: [[20, 20]] },
      "imageSizes end in 20 x 20, but imageShape is 3 x 16 x 16",
    ],
    ["no tokenizer", { ...texts, tokenizer: undefined }, "tokenizer or contextLength is missing"],
    ["a wrong tokenizer", { ...texts, tokenizer: { kind: "word" } }, "tokenizer.words"],
    [
      "prompts for another number of classes",
      {
        ...classifier,
        model: { system: "diff-moe", text: "prompts" },
        tokenizer,
        contextLength: 8,
        classPrompts: ["a circle"],
      },
      "classPrompts has 1 entries for 2 classes",
    ],
  ])("%s", (_, value, message) => {
    const read = (): unknown => readLiveModelSpec(value);
    expect(read).toThrow(UserError);
    expect(read).toThrow(message);
    expect(read).toThrow(/^model\.json[^\n]*; export the model again$/);
  });
});
