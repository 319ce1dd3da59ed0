/** Encoders of Hugging Face Transformers, made by `fixtures/make_encoders.py`. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { decodeSafetensors } from "../formats/safetensors.ts";
import { toNumbers } from "../graph/array.ts";
import { apply } from "../learn/native.ts";
import type { ModelSettings } from "../models/systems.ts";
import { encodeSentences } from "../models/text-classifier/text-classifier.ts";
import { families } from "./families/index.ts";
import { openCheckpoint } from "./open-checkpoint.ts";
import { openPretrained } from "./open-pretrained.ts";

const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));
const encoders = families.list().filter(({ kind }) => kind === "encoder");

test.each(encoders)("$name has a fixture", ({ name }) => {
  expect(existsSync(`${fixtures}${name}`)).toBe(true);
});

test.each(encoders)("$name continues no texts", async ({ name }) => {
  await expect(openPretrained(`${fixtures}${name}`)).rejects.toThrow(/does not continue texts/);
});

describe("bert", () => {
  const folder = `${fixtures}bert`;
  const { tensors } = decodeSafetensors(readFileSync(`${folder}/expected.safetensors`));

  test.each(["mean", "cls"] as const)("%s equals that of Transformers", async (pool) => {
    const { readWeights, inputs, settings } = await openCheckpoint(folder);
    const config = {
      ...(settings as ModelSettings<"text-classifier">),
      vocabularySize: inputs.vocabularySize!,
      pool,
    };
    const { output } = await apply(
      (scope, { ids, lengths }) => encodeSentences(scope, ids, lengths, config),
      await readWeights(),
      { ids: tensors.get("ids")!, lengths: tensors.get("lengths")! },
    );
    const expected = toNumbers(tensors.get(pool)!);
    const found = toNumbers(output);
    expect(found).toHaveLength(expected.length);
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i]!, 4);
  });

  test("the pooler and the head are left out", async () => {
    const { leftOut } = await openCheckpoint(folder);
    expect(leftOut.toSorted()).toEqual([
      ...["classifier.bias", "classifier.weight"],
      ...["pooler.dense.bias", "pooler.dense.weight"],
    ]);
  });
});
