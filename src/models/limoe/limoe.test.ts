/** Invariants of LIMoE; `pytorch.test.ts` compares its numbers with PyTorch. */
import { afterAll, describe, expect, test } from "vitest";
import { allocate, type NdArray, toNumbers } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { input } from "../../graph/inputs.ts";
import { batch } from "../../graph/shape.ts";
import { createScope, type Trace } from "../../nn/scope.ts";
import { emitModel } from "../../onnx/emit.ts";
import { foldIn, key } from "../../random/index.ts";
import { nativeRuntime } from "../../runtime/native/native.ts";
import type { Session } from "../../runtime/session.ts";
import type { ContrastiveModel, PairEmbeddings } from "../contrastive-model.ts";
import { expectClose, readFixture } from "../pytorch.fixture.ts";
import { limoeFixtures, tinyLimoe } from "./limoe.fixture.ts";

type Inputs = Readonly<Record<"images" | "ids" | "lengths", NdArray>>;

const { arrays, weights } = readFixture("limoe-capacity");
const pairs: Inputs = {
  images: arrays.images!,
  ids: arrays.tokens!,
  lengths: arrays.lengths!, // [6, 3, 1, 4, 2]
};
const crowded = tinyLimoe(limoeFixtures["limoe-capacity"]);
const roomy = tinyLimoe({ ...limoeFixtures["limoe-capacity"], moe: {} });

type What = "pairs" | "images" | "texts";

/** Traces one of the three functions for any number of texts of `numWords`. */
function traceOf(model: ContrastiveModel, what: What, training: boolean, numWords = 6) {
  const { scope, trace } = createScope({ training });
  const give = (name: string, dtype: "float32" | "int64", ...shape: number[]): Tensor =>
    input(scope.graph, name, { dtype, shape: [batch(), ...shape] });
  const images = () => give("images", "float32", 3, 8, 8);
  const texts = () => [give("ids", "int64", numWords), give("lengths", "int64")] as const;
  const outputs: Readonly<Record<string, Tensor>> =
    what === "images"
      ? { z: model.encodeImages(scope, images()) }
      : what === "texts"
        ? { t: model.encodeTexts(scope, ...texts()) }
        : pairsOf(model.pairs(scope, images(), ...texts()));
  return { trace, outputs };
}

const pairsOf = ({ images, texts }: PairEmbeddings) => ({ z: images, t: texts });

interface CompileOptions {
  readonly training?: boolean;
  readonly numWords?: number;
  /** Missing parameters have their initial values. */
  readonly values?: Readonly<Record<string, NdArray>>;
}

/** Compiles a traced function; training noise is zero. */
async function compile(
  model: ContrastiveModel,
  what: What,
  { training = false, numWords = 6, values = weights }: CompileOptions = {},
) {
  const { trace, outputs } = traceOf(model, what, training, numWords);
  const emitted = emitModel(outputs);
  const session = await nativeRuntime().createSession(emitted.bytes, { threads: 1 });
  sessions.push(session);
  return async (inputs: Inputs): Promise<Readonly<Record<"z" | "t", NdArray>>> => {
    const rows = inputs.lengths.shape[0]!;
    const given: Record<string, NdArray> = { ...values, ...inputs };
    const feeds = emitted.inputs.map(({ name, shape }) => {
      const sizes = shape.map((dim) => (typeof dim === "number" ? dim : dim.factor * rows));
      return [name, given[name] ?? initial(trace, name, sizes)];
    });
    const results = await session.run(Object.fromEntries(feeds));
    return results as Readonly<Record<"z" | "t", NdArray>>;
  };
}

function initial({ parameters, states }: Trace, name: string, shape: readonly number[]): NdArray {
  const value = allocate("float32", shape);
  const spec = parameters.get(name) ?? states.get(name);
  if (spec !== undefined) value.data.set(spec.init(foldIn(key(0), name), shape));
  return value;
}

const sessions: Session[] = [];
afterAll(() => {
  for (const session of sessions) session.dispose();
});

/** The first `width` entries of the rows at `order`. */
function rowsOf(source: NdArray, order: readonly number[], width?: number): NdArray {
  const size = source.data.length / source.shape[0]!;
  const kept = width ?? size;
  const picked = order.flatMap((row) => [...source.data.slice(row * size, row * size + kept)]);
  const shape = [order.length, ...(width === undefined ? source.shape.slice(1) : [width])];
  const data = source.data.slice(0, picked.length);
  picked.forEach((value, at) => {
    data[at] = value as never;
  });
  return { ...source, shape, data } as NdArray;
}

const choose = (inputs: Inputs, order: readonly number[]): Inputs => ({
  images: rowsOf(inputs.images, order),
  ids: rowsOf(inputs.ids, order),
  lengths: rowsOf(inputs.lengths, order),
});

/** The texts with other words as padding. */
function withOtherPads({ ids, lengths, ...rest }: Inputs): Inputs {
  const width = ids.shape[1]!;
  const data = ids.data.map((id: number | bigint, at: number) => {
    const isPad = at % width >= Number(lengths.data[Math.floor(at / width)]);
    return (isPad ? 10n - BigInt(id) : id) as never;
  });
  return { ...rest, lengths, ids: { ...ids, data } as NdArray };
}

describe("embeddings", async () => {
  const [together, apart] = [await compile(crowded, "pairs"), await compile(roomy, "pairs")];
  const [ofImages, ofTexts] = [await compile(crowded, "images"), await compile(crowded, "texts")];

  test("are equal for separate inputs and pairs if nothing is dropped", async () => {
    const [free, limited] = [await apart(pairs), await together(pairs)];
    expectClose("images", (await ofImages(pairs)).z, free.z, 1e-6);
    expectClose("texts", (await ofTexts(pairs)).t, free.t, 1e-6);
    // With a capacity limit, pairs drop tokens but separate inputs do not.
    expect(distance(limited.z, free.z)).toBeGreaterThan(0.01);
    expect(distance(limited.t, free.t)).toBeGreaterThan(0.01);
  });

  test("do not depend on padding, even if experts are full", async () => {
    const other = withOtherPads(pairs);
    // Without the longest text, four words per row are enough.
    const long = choose(pairs, [1, 2, 3, 4]);
    const short = { ...long, ids: rowsOf(long.ids, [0, 1, 2, 3], 4) };
    for (const training of [false, true]) {
      const run = training ? await compile(crowded, "pairs", { training }) : together;
      const known = await run(pairs);
      const padded = await run(other);
      const [roomFor6, roomFor4] = [
        await run(long),
        await (await compile(crowded, "pairs", { training, numWords: 4 }))(short),
      ];
      for (const side of ["z", "t"] as const) {
        expectClose(`${side} with other pads`, padded[side], known[side], 1e-6);
        expectClose(`${side} of shorter rows`, roomFor4[side], roomFor6[side], 1e-6);
      }
    }
    const known = await ofTexts(pairs);
    expectClose("texts with other pads", (await ofTexts(other)).t, known.t, 1e-6);
    const tight = await compile(crowded, "texts", { numWords: 4 });
    expectClose("texts of shorter rows", (await tight(short)).t, (await ofTexts(long)).t, 1e-6);
  });

  test("of separate inputs do not depend on the rest of the batch, nor images on their texts", async () => {
    const some = choose(pairs, [4, 1]);
    const { z } = await ofImages(pairs);
    const { t } = await ofTexts(pairs);
    expectClose("images", (await ofImages(some)).z, rowsOf(z, [4, 1]), 1e-6);
    expectClose("texts", (await ofTexts(some)).t, rowsOf(t, [4, 1]), 1e-6);
    const exchanged = { ...pairs, ids: rowsOf(pairs.ids, [3, 0, 4, 1, 2]) };
    const [free, other] = [await apart(pairs), await apart(exchanged)];
    expectClose("images beside other texts", other.z, free.z, 1e-6);
    expect(distance(other.t, free.t)).toBeGreaterThan(0.01);
  });

  test("have unit length, except for an empty text", async () => {
    const lengths: NdArray = { dtype: "int64", shape: [1], data: BigInt64Array.of(0n) };
    const empty = { ...choose(pairs, [0]), lengths };
    const pair = await together(empty);
    expect(Math.hypot(...toNumbers(pair.z))).toBeCloseTo(1, 5);
    expect(toNumbers(pair.t)).toEqual(Array(8).fill(0));
    expect(toNumbers((await ofTexts(empty)).t)).toEqual(Array(8).fill(0));
  });

  test("with a convolution stem depend on one image only, once its averages are fixed", async () => {
    const run = await compile(tinyLimoe({ stem: "conv", init_std: 0.3 }), "images", { values: {} });
    const { z } = await run(pairs);
    expect(distance(rowsOf(z, [0]), rowsOf(z, [2]))).toBeGreaterThan(0.01);
    expectClose("image", (await run(choose(pairs, [2]))).z, rowsOf(z, [2]), 1e-5);
  });
});

function distance(a: NdArray, b: NdArray): number {
  const [left, right] = [toNumbers(a), toNumbers(b)];
  return Math.max(...left.map((value, at) => Math.abs(value - right[at]!)));
}

const namesOf = (model: ContrastiveModel, what: What): string[] =>
  [...traceOf(model, what, true).trace.parameters.keys()].sort();

test("one tower shares its blocks, two towers share no blocks", () => {
  for (const towers of ["one", "two"] as const) {
    const model = tinyLimoe({ towers });
    const [images, texts] = [namesOf(model, "images"), namesOf(model, "texts")];
    expect([...new Set([...images, ...texts])].sort()).toEqual(namesOf(model, "pairs"));
    const shared = images.filter((name) => texts.includes(name));
    const tower = images.filter((name) => /^(blocks|norm)\b/.test(name));
    expect(shared).toEqual(tower);
    expect(shared.length === 0).toBe(towers === "two");
  }
});

test("losses of a modality have its name, and the tokens of each are tapped", () => {
  const { auxiliaries, taps } = traceOf(crowded, "pairs", true).trace;
  for (const layer of ["blocks.0.moe", "blocks.1.moe"]) {
    const own = [...auxiliaries.keys()].filter((name) => name.startsWith(layer));
    expect(own.map((name) => name.slice(layer.length + 1))).toEqual([
      "importance",
      "load",
      "z",
      "local_entropy_text",
      "global_entropy_text",
      "global_entropy_image",
    ]);
    for (const modality of ["image", "text"]) {
      expect([...taps.keys()]).toContain(`${layer}.modalities.${modality}`);
    }
  }
  // Each of two towers has the losses of its modality; separate inputs have none.
  const two = traceOf(tinyLimoe({ towers: "two" }), "pairs", true).trace.auxiliaries;
  const named = (tower: string) => [...two.keys()].filter((name) => name.startsWith(tower));
  expect(named("image_tower").some((name) => name.endsWith("text"))).toBe(false);
  expect(named("text_tower").some((name) => name.endsWith("image"))).toBe(false);
  expect(named("image_tower")).toContain("image_tower.blocks.1.moe.global_entropy_image");
  expect(named("text_tower")).toContain("text_tower.blocks.1.moe.local_entropy_text");
  expect(traceOf(crowded, "texts", true).trace.auxiliaries.size).toBe(0);
});

test.each(["one", "two"] as const)("without MoE layers %s tower or two are dense", (towers) => {
  const { trace } = traceOf(tinyLimoe({ towers, moe_layers: "none" }), "pairs", true);
  const names = [...trace.parameters.keys()];
  expect(names.filter((name) => /\.(moe|experts|router)\./.test(name))).toEqual([]);
  expect(names.filter((name) => name.endsWith("mlp.fc1.weight"))).toHaveLength(
    towers === "one" ? 2 : 4,
  );
  expect(trace.auxiliaries.size).toBe(0);
  expect([...trace.randoms.keys()]).toEqual([]);
});

test("inconsistent settings are refused in one sentence", () => {
  expect(() => tinyLimoe({ num_heads: 3 })).toThrow(
    "model.width 16 cannot be divided among model.num_heads 3; choose a multiple",
  );
  expect(() => tinyLimoe({ patch_size: 5 })).toThrow(
    "an image of 8x8 pixels cannot be divided into patches of 5; choose a patch_size that divides both",
  );
  expect(() => tinyLimoe({ moe_layers: [5] })).toThrow(
    "model.moe_layers names block 5, but the model has blocks 0 to 1",
  );
  expect(() => tinyLimoe({ moe: { router: { name: "hash" }, losses: [] } })).toThrow(
    "the router hash needs the word ids of tokens, which this model does not have; choose router.key position",
  );
  const audio = { name: "local_entropy", modality: "audio" } as const;
  expect(() => tinyLimoe({ moe: { losses: [audio] } })).toThrow(
    "the loss local_entropy counts tokens of the modality audio, but this model has image, text",
  );
  const soft = {
    router: { name: "soft" as const },
    dispatch: { name: "soft" as const },
    losses: [],
  };
  expect(() => tinyLimoe({ moe: soft })).toThrow(
    "the slots of the router soft mix later tokens into earlier ones, so that an image would see the text",
  );
  expect(() => tinyLimoe({ moe: soft, towers: "two" })).not.toThrow();
  const { scope } = createScope({ training: false });
  const ids = input(scope.graph, "ids", { dtype: "int64", shape: [2, 7] });
  const lengths = input(scope.graph, "lengths", { dtype: "int64", shape: [2] });
  expect(() => crowded.encodeTexts(scope, ids, lengths)).toThrow(
    "texts of 7 tokens do not fit the model's context of 6; cut them, or raise model.context_length",
  );
});
