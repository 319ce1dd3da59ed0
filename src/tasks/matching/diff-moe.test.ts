import { expect, test } from "vitest";
import { fromSnakeCase } from "../../config/case.ts";
import type { Field } from "../../data/batches/batch.ts";
import type { ImageDataset } from "../../data/dataset.ts";
import { tokenizePrompts } from "../../data/text/tokenize-prompts.ts";
import { createTokenizer } from "../../data/tokenizers/index.ts";
import { toNumbers } from "../../graph/array.ts";
import { type DiffMoeSettings, diffMoeSchema } from "../../models/diff-moe/config.ts";
import { diffMoeTask } from "./diff-moe.ts";

const images: Field = { dtype: "float32", shape: [1, 8, 8] };
const tokenizer = createTokenizer({ kind: "byte", specials: ["pad"] });
const options = { labelSmoothing: 0 };

const settings = (text: string): DiffMoeSettings =>
  fromSnakeCase(diffMoeSchema.parse({ system: "diff-moe", text }));

function setOf(name: string, classNames: readonly string[], captions?: readonly string[]) {
  const sample = {
    image: new Uint8Array(64),
    height: 8,
    width: 8,
    channels: 1,
    label: 0,
    index: 0,
  };
  return {
    kind: "image",
    name,
    split: "train",
    length: 1,
    classNames,
    imageShape: { height: 8, width: 8, channels: 1 },
    get: () => ({ ...sample, ...(captions && { captions }) }),
  } as ImageDataset;
}

test.each([
  [
    "none",
    setOf("flickr8k", [], ["a dog"]),
    "has no classes to learn; set model.text to captions, or data.labels to scenes",
  ],
  ["prompts", setOf("captioned-images", [], ["a dog"]), "captioned-images has no classes to learn"],
  ["captions", setOf("cifar10", ["cat"]), "cifar10 has no captions"],
])("text %s is refused if the data lack its input", (text, dataset, message) => {
  const source = { dataset, fields: { images }, tokenizer };
  expect(() => diffMoeTask(settings(text), source, options)).toThrow(message);
});

test("text needs a tokenizer", () => {
  const source = { dataset: setOf("cifar10", ["cat"]), fields: { images } };
  expect(() => diffMoeTask(settings("prompts"), source, options)).toThrow(
    "model.text prompts needs a tokenizer; set data.tokenizer",
  );
});

test("prompts are rows of the longest prompt's length", () => {
  const { ids, lengths } = tokenizePrompts(["ab", "c"], tokenizer, 5);
  expect(toNumbers(lengths)).toEqual([2, 1]);
  expect(ids.shape).toEqual([2, 2]);
  expect(toNumbers(ids)).toEqual([97, 98, 99, tokenizer.padId]);
  expect(() => tokenizePrompts(["abc"], tokenizer, 2)).toThrow(
    'the description "abc" has 3 tokens, and model.context_length is 2',
  );
});
