import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCaptionedImages } from "../images/captioned/captioned-images.ts";
import { plainPng } from "../images/pictures.fixture.ts";
import { createTokenizer, learnTokenizer, type SpecialName } from "../tokenizers/index.ts";
import type { BatchMaker } from "./batch.ts";
import { imageBatches } from "./image-batches.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "moesaic-caption-tokens-"));
  const rows = ["a dog", "a café", "x".repeat(80), "dog a"].map(
    (caption, i) => `{"image": "${i}.png", "caption": ${JSON.stringify(caption)}}`,
  );
  for (const i of rows.keys()) writeFileSync(join(folder, `${i}.png`), plainPng(1, 1, [i, i, i]));
  writeFileSync(join(folder, "captions.jsonl"), rows.join("\n"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function batches(specials: readonly SpecialName[]): Promise<BatchMaker> {
  const whole = { validationSize: 0, testSize: 0 };
  const spec = { name: "captioned-images", split: "train", folder, ...whole } as const;
  const tokenizer = createTokenizer(learnTokenizer("character", ["a dog", "caf"], { specials }));
  return imageBatches(await openCaptionedImages(spec), {
    tokenizer,
    contextLength: 6,
    seed: 0,
    training: false,
  });
}

const make = (maker: BatchMaker, ...indices: number[]) =>
  maker.make({ step: 0, epoch: 0, indices: Int32Array.from(indices) });

test("an unknown character becomes the unknown token, and long captions are truncated", async () => {
  const maker = await batches(["pad", "unknown"]);
  // " acdfgo" are 0 to 6, pad 7, unknown 8.
  const { tokens, lengths } = make(maker, 0, 1, 2).arrays;
  expect(Array.from(tokens!.data, Number)).toEqual(
    [[1, 0, 3, 6, 5, 7], [1, 0, 2, 1, 4, 8], Array(6).fill(8)].flat(),
  );
  expect(Array.from(lengths!.data, Number)).toEqual([5, 6, 6]);
});

test("without an unknown token, the error names the caption, the character and a remedy", async () => {
  const maker = await batches(["pad"]);
  expect(() => make(maker, 0, 3)).not.toThrow();
  expect(() => make(maker, 0, 1)).toThrow(
    `captioned-images train, caption of sample 1, "a café": character "é" (U+00E9) at position 6 of the text is none of the tokenizer's 7 characters; remove it, or give the tokenizer an unknown token (specials: [unknown])`,
  );
  expect(() => make(maker, 2)).toThrow(`sample 2, "${"x".repeat(60)}…": character "x"`);
});
