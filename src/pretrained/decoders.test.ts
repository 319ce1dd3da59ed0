/** Decoders of Hugging Face Transformers, made by `fixtures/make_decoders.py`. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { createDecoder } from "../evaluate/generate/decoder.ts";
import { generate } from "../evaluate/generate/generate.ts";
import { decodeSafetensors } from "../formats/safetensors.ts";
import { type NdArray, toNumbers } from "../graph/array.ts";
import { apply } from "../learn/native.ts";
import { nextTokenLoss } from "../losses/next-token.ts";
import { layersOf, readRouting } from "../moe/routing-taps.ts";
import { normalArray, runScoped } from "../nn/scope.fixture.ts";
import { slice } from "../ops/join.ts";
import { reshape } from "../ops/reshape.ts";
import { nativeRuntime } from "../runtime/native/native.ts";
import { families } from "./families/index.ts";
import { openPretrained } from "./open-pretrained.ts";

const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));
const decoders = families.list().flatMap(({ name, kind }) => (kind === "decoder" ? [name] : []));
const familyOf = (folder: string): string => folder.replace(/-.*/, "");
const folders = readdirSync(fixtures).filter((name) => decoders.includes(familyOf(name)));

test("every family has a fixture", () => {
  expect(decoders.filter((name) => !folders.map(familyOf).includes(name))).toEqual([]);
});

const largest = (found: number[], expected: number[]): number =>
  Math.max(...found.map((x, i) => Math.abs(x - expected[i]!)));

describe.each(folders)("%s", (name) => {
  const folder = `${fixtures}${name}`;
  const { tensors } = decodeSafetensors(readFileSync(`${folder}/expected.safetensors`));
  const expected = (key: string): number[] => toNumbers(tensors.get(key)!);
  const ids = tensors.get("ids")!;

  test("logits, experts and weights equal those of Transformers", async () => {
    const { model, readWeights } = await openPretrained(folder);
    const { output, taps } = await apply(
      (scope, inputs) => model.logits(scope, inputs.ids),
      await readWeights(),
      { ids },
      { taps: true },
    );
    expect(largest(toNumbers(output), expected("logits"))).toBeLessThan(1e-4);
    const layers = layersOf(Object.keys(taps));
    const known = [...tensors.keys()].filter((key) => key.startsWith("experts."));
    expect(layers).toHaveLength(known.length);
    for (const [index, layer] of layers.entries()) {
      const routing = readRouting(taps, layer, "combineWeights");
      const [chosen, weights] = sortedChoices(routing.ids, routing.combineWeights);
      const block = known[index]!.split(".")[1]!;
      expect(chosen).toEqual(expected(`experts.${block}`));
      expect(largest(weights, expected(`weights.${block}`))).toBeLessThan(1e-5);
    }
  });

  test("gradients of the cross-entropy equal those of PyTorch", async () => {
    const { model, family, readWeights } = await openPretrained(folder);
    const { gradients } = await runScoped(
      (scope, inputs) => {
        const logits = reshape(model.logits(scope, inputs.ids!), [2, 12, model.vocabularySize]);
        const rows = reshape(slice(logits, 1, 0, -1), [22, model.vocabularySize]);
        return { loss: nextTokenLoss(rows, slice(inputs.ids!, 1, 1)) };
      },
      {
        inputs: { ids },
        values: Object.fromEntries(await readWeights()),
        differentiate: ["loss"],
      },
    );
    const known = [...tensors.keys()].filter((key) => key.startsWith("gradients."));
    expect(known.length).toBeGreaterThan(0);
    for (const key of known) {
      const rule = family.names.find(({ from }) =>
        from.some((source) => `gradients.${source.names[0]!.replace("{i}", "0")}` === key),
      );
      const own = gradients.loss![rule!.to.replace("{i}", "0")]!;
      const given = toNumbers(normalArray("cotangent", []))[0]!; // by which gradients are multiplied
      const found = toNumbers(own).map((slope) => slope / given);
      const scale = Math.max(...expected(key).map(Math.abs));
      expect(largest(found, expected(key)) / scale, key).toBeLessThan(1e-4);
    }
  });

  test("greedy continuations with the cache equal those of Transformers", async () => {
    const { model, readWeights } = await openPretrained(folder);
    const weights = await readWeights();
    using decoder = await createDecoder(model, { runtime: nativeRuntime(), weights });
    const rows = toNumbers(ids);
    const prompts = [rows.slice(0, 7), rows.slice(12, 19)];
    const found: number[][] = [[], []];
    const options = { maxNewTokens: 32, temperature: 0, decode: () => "" };
    for await (const step of generate(decoder, prompts, options)) {
      for (const [i, id] of step.ids.entries()) found[i]!.push(id!);
    }
    expect(found.flat()).toEqual(expected("greedy"));
  });
});

/** Choices `[K, N]` of every token in the order of the experts' numbers, `[N, K]`, and their weights. */
function sortedChoices(ids: NdArray, weights: NdArray): [number[], number[]] {
  const [count, numTokens] = ids.shape as [number, number];
  const [experts, gates] = [toNumbers(ids), toNumbers(weights)];
  const rows = Array.from({ length: numTokens }, (_, n) =>
    Array.from({ length: count }, (__, k) => k * numTokens + n).toSorted(
      (a, b) => experts[a]! - experts[b]!,
    ),
  );
  return [rows.flat().map((i) => experts[i]!), rows.flat().map((i) => gates[i]!)];
}
