import { afterAll, describe, expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../graph/array.ts";
import { limoeFixtures, tinyLimoe } from "../models/limoe/limoe.fixture.ts";
import { expectClose, readFixture } from "../models/pytorch.fixture.ts";
import { nativeRuntime } from "../runtime/native/native.ts";
import { createEncoder } from "./encoder.ts";

const runtime = nativeRuntime();

/** An encoder with PyTorch's weights, and PyTorch's output for a batch of five pairs. */
async function open(name: keyof typeof limoeFixtures, settings: object = {}) {
  const { arrays, weights } = readFixture(name);
  const model = tinyLimoe({ ...limoeFixtures[name], ...settings });
  const options = { runtime, weights: new Map(Object.entries(weights)), session: { threads: 1 } };
  return { model, arrays, options, encoder: await createEncoder(model, options) };
}

function firstRow(rows: NdArray, at = 0): NdArray {
  const size = rows.data.length / rows.shape[0]!;
  const data = rows.data.slice(at * size, (at + 1) * size);
  return { ...rows, shape: [1, ...rows.shape.slice(1)], data } as NdArray;
}

describe("an encoder", async () => {
  const { arrays, model, encoder } = await open("limoe-dropless");
  const { images, tokens, lengths } = arrays as Record<"images" | "tokens" | "lengths", NdArray>;
  afterAll(() => encoder.dispose());

  test("gives the embeddings of training if nothing is dropped", async () => {
    const z = await encoder.encodeImages(images);
    const t = await encoder.encodeTexts(tokens, lengths);
    expectClose("images", z, arrays.image_embeddings!, 1e-5);
    expectClose("texts", t, arrays.text_embeddings!, 1e-5);
    expect(encoder.model).toBe(model);
  });

  test("encodes a batch of one after any other batch", async () => {
    const z = await encoder.encodeImages(firstRow(images, 3));
    expectClose("image", z, firstRow(arrays.image_embeddings!, 3), 1e-5);
    const t = await encoder.encodeTexts(firstRow(tokens, 2), firstRow(lengths, 2));
    expectClose("text", t, firstRow(arrays.text_embeddings!, 2), 1e-5);
  });

  test("gives zeros for a text without tokens, and leaves the others unchanged", async () => {
    const none = { ...lengths, data: BigInt64Array.from(lengths.data as BigInt64Array) };
    none.data[1] = 0n;
    const rows = toNumbers(await encoder.encodeTexts(tokens, none as NdArray));
    expect(rows.slice(8, 16)).toEqual(Array(8).fill(0));
    const expected = toNumbers(arrays.text_embeddings!);
    for (const at of [0, 7, 16, 39]) expect(rows[at]).toBeCloseTo(expected[at]!, 5);
  });

  test("rejects lengths that do not match the rows", async () => {
    const short = array([[1, 2]], "int64");
    await expect(encoder.encodeTexts(short, array([2], "int64"))).rejects.toThrow(
      'input "ids" has shape',
    );
  });
});

test("similarity: learned temperature, constant temperature, and the bias of the sigmoid loss", async () => {
  const cases = [
    { name: "limoe-two-towers", settings: {}, scale: 5, bias: 0 },
    { name: "limoe-capacity", settings: {}, scale: 5, bias: -2 },
    {
      name: "limoe-dropless",
      settings: { contrastive: { temperature: 0.05, learned_temperature: false } },
      scale: 20,
      bias: 0,
    },
    // The learned 0.2 is below the minimum of these settings.
    {
      name: "limoe-dropless",
      settings: { contrastive: { min_temperature: 0.5 } },
      scale: 2,
      bias: 0,
    },
  ] as const;
  for (const { name, settings, scale, bias } of cases) {
    const { encoder } = await open(name, settings);
    const found = await encoder.similarity();
    encoder.dispose();
    expect(found.scale).toBeCloseTo(scale, 5);
    expect(found.bias).toBeCloseTo(bias, 5);
  }
});

test("missing weights and weights of another model are rejected by name", async () => {
  const { model, options, encoder } = await open("limoe-dropless");
  encoder.dispose();
  const weights = new Map(options.weights);
  weights.delete("image_head.weight");
  await expect(createEncoder(model, { ...options, weights })).rejects.toThrow("image_head.weight");
  const wider = tinyLimoe({ embed_dim: 9 });
  await expect(createEncoder(wider, options)).rejects.toThrow("image_head.weight");
});
