import { describe, expect, test } from "vitest";
import { fromSnakeCase } from "../../config/case.ts";
import { array, elementCount, type NdArray, toNumbers } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { input } from "../../graph/inputs.ts";
import { batch } from "../../graph/shape.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import { normalArray, runScoped } from "../../nn/scope.fixture.ts";
import { createScope, type Scope } from "../../nn/scope.ts";
import { reshape } from "../../ops/reshape.ts";
import { createLimoe, limoeSchema } from "../limoe/config.ts";
import { createSeeMoe, type SeeMoe, seeMoeSchema } from "./config.ts";
import { tinySeeMoe } from "./seemoe.fixture.ts";

const images = normalArray("images", [2, 3, 8, 8]);
const ids = array(
  [
    [1, 2, 3, 4, 5],
    [6, 0, 2, 2, 1],
  ],
  "int64",
);
const lengths = array([5, 3], "int64");

async function logitsOf(model: SeeMoe, given: Record<string, NdArray> = {}) {
  const inputs = { images, ids, lengths, ...given };
  const { outputs, trace } = await runScoped(
    (scope, b) => ({ logits: model.logits(scope, b.ids!, b.lengths, b.images) }),
    { inputs, shapes: { images: [batch(), 3, 8, 8], ids: [batch(), 5], lengths: [batch()] } },
  );
  const rows = toNumbers(outputs.logits!);
  const at = (sample: number, token: number) =>
    rows.slice((sample * 6 + token) * 7, (sample * 6 + token + 1) * 7);
  return { outputs, trace, at };
}

const change = ({ data, shape }: NdArray, at: number, value: number): NdArray => {
  const values = Array.from(data, Number).with(at, value);
  return { ...array(values, "int64"), shape } as NdArray;
};

test("the published sizes give 20,300,354 parameters at 66 symbols", () => {
  const experts = { activation: "relu", dropout: 0.1, hidden_dropout: 0 };
  const parsed = seeMoeSchema.parse({
    system: "seemoe",
    vision: { moe: { experts } },
    context_length: 1000,
    moe: { num_experts: 8, router: { name: "noisy_top_k", bias: true }, experts },
  });
  const model = createSeeMoe(fromSnakeCase(parsed), {
    vocabularySize: 66,
    imageShape: [3, 96, 96],
  });
  const { scope, trace } = createScope({ training: true });
  const given = (name: string, dtype: "float32" | "int64", shape: number[]) =>
    input(scope.graph, name, { dtype, shape });
  const logits = model.logits(
    scope,
    given("ids", "int64", [2, 31]),
    given("lengths", "int64", [2]),
    given("images", "float32", [2, 3, 96, 96]),
  );
  expect(logits.shape).toEqual([64, 66]); // 31 tokens, and the first token, which is scored after the image
  const count = (start: string): number =>
    [...trace.parameters.values()]
      .filter(({ name }) => name.startsWith(start))
      .reduce((sum, { shape }) => sum + elementCount(shape), 0);
  expect(count("vision.")).toBe(9_866_752);
  expect(count("projector.")).toBe(1_312_896);
  expect(count("decoder.blocks.")).toBe(8 * 1_121_936);
  expect(count("")).toBe(20_300_354);
  const noise = [...trace.randoms.keys()].filter((name) => name.includes("router"));
  expect(noise.length).toBe(8);
});

describe.each(["cls", "patches"])("with the tokens of %s", (pool) => {
  const model = tinySeeMoe({}, { pool });

  test("every token depends only on the image and on earlier tokens", async () => {
    const [all, later, other] = [
      await logitsOf(model),
      await logitsOf(model, { ids: change(ids, 3, 0) }),
      await logitsOf(model, { images: normalArray("others", [2, 3, 8, 8]) }),
    ];
    for (let token = 0; token < 6; token++) {
      const [own, changed, foreign] = [all.at(0, token), later.at(0, token), other.at(0, token)];
      const most = (a: number[], b: number[]) => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));
      if (token <= 3) expect(most(own, changed)).toBeLessThan(1e-5);
      else expect(most(own, changed)).toBeGreaterThan(1e-4);
      expect(most(own, foreign)).toBeGreaterThan(1e-4);
    }
  });

  test("padding has no effect and is neither routed nor counted", async () => {
    const before = await logitsOf(model);
    const after = await logitsOf(model, { ids: change(ids, 9, 5) });
    for (let token = 0; token <= 3; token++) {
      for (const [i, x] of before.at(1, token).entries()) {
        expect(x).toBeCloseTo(after.at(1, token)[i]!, 6);
      }
    }
    const numVisual = pool === "cls" ? 1 : 4;
    const taps = (name: string) => toNumbers(before.outputs[`decoder.blocks.1.moe.${name}`]!);
    const sum = (values: number[]) => values.reduce((a, b) => a + b);
    expect(sum(taps("counts"))).toBe(2 * (2 * numVisual + 5 + 3)); // 2 experts each
    expect(sum(taps("modalities.image"))).toBe(2 * numVisual);
    expect(sum(taps("modalities.text"))).toBe(5 + 3);
    const row = Array.from({ length: numVisual + 5 }, (_, i) => Number(i < numVisual));
    expect(taps("modalities.image")).toEqual([...row, ...row]);
  });

  test("evaluation draws no noise", async () => {
    expect([...(await logitsOf(model)).trace.randoms]).toEqual([]);
  });
});

test("the gradient equals finite differences of the loss", async () => {
  const model = tinySeeMoe(
    { tie_embeddings: true, embedding_std: 0.5 },
    { pool: "patches", moe_layers: "all", qkv_bias: true },
  );
  const targets = array([1, 2, 3, 4, 5, 6, 6, 0, 2, 2, -1, -1], "int64");
  const run = async (values: Record<string, NdArray>, differentiate: string[]) =>
    runScoped(
      (scope, b) => {
        const logits = model.logits(scope, b.ids!, b.lengths, b.images);
        const labels = reshape(b.targets!, [12]);
        return { loss: crossEntropy(logits, labels, { ignoreIndex: -1 }) };
      },
      { inputs: { images, ids, lengths, targets }, values, differentiate },
    );
  const { weights, gradients } = await run({}, ["loss"]);
  const slopes = gradients.loss!;
  const [factor] = toNumbers(normalArray("cotangent", []));
  const names = [
    "vision.patch_embed.proj.weight",
    "vision.blocks.0.attn.qkv.weight",
    "projector.fc1.weight",
    "decoder.token_embedding.weight",
    "decoder.blocks.0.attn.qkv.weight",
    "decoder.position_embedding.weight",
  ];
  const h = 1e-3;
  for (const name of names) {
    const { shape, data: start } = weights.get(name) as NdArray<"float32">;
    const slope = toNumbers(slopes[name]!);
    const norm = Math.hypot(...slope);
    const lossAt = async (by: number): Promise<number> => {
      const data = start.map((x, i) => x + (by * slope[i]!) / norm);
      const { outputs } = await run({ [name]: { dtype: "float32", shape, data } as NdArray }, []);
      return toNumbers(outputs.loss!)[0]!;
    };
    const rise = ((await lossAt(h)) - (await lossAt(-h))) / (2 * h);
    expect(norm / (rise * factor!), name).toBeCloseTo(1, 1);
  }
});

test("the vision tower has the names and shapes of one LIMoE tower", () => {
  const sizes = {
    patch_size: 4,
    width: 8,
    num_layers: 2,
    num_heads: 2,
    moe_layers: { every_n: 2 },
  };
  const namesOf = (traceModel: (scope: Scope, images: Tensor) => void, pattern: RegExp) => {
    const { scope, trace } = createScope({ training: false });
    traceModel(scope, input(scope.graph, "images", { dtype: "float32", shape: [1, 3, 8, 8] }));
    return new Map(
      [...trace.parameters.values()]
        .filter(({ name }) => pattern.test(name))
        .map(({ name, shape }) => [name, shape]),
    );
  };
  const context = { vocabularySize: 7, imageShape: [3, 8, 8] } as const;
  const limoe = createLimoe(
    fromSnakeCase(limoeSchema.parse({ system: "limoe", ...sizes, moe: { num_experts: 4 } })),
    context,
  );
  const stored = namesOf((scope, given) => limoe.encodeImages(scope, given), /^(?!image_head)/);
  const model = tinySeeMoe(
    {},
    { ...sizes, pool: "patches", qkv_bias: true, moe: { num_experts: 4 } },
  );
  const wanted = namesOf((scope, given) => {
    const text = input(scope.graph, "ids", { dtype: "int64", shape: [1, 2] });
    model.logits(scope, text, undefined, given);
  }, /^vision\./);
  const renamed = [...stored].map(([name, shape]): [string, readonly number[]] => [
    `vision.${name.replace(/^image_pos_embed$/, "pos_embed")}`,
    shape,
  ]);
  expect(new Map(renamed.sort())).toEqual(new Map([...wanted].sort()));
});

test.each([
  [{ width: 9 }, {}, "model.width 9 cannot be divided among model.num_heads 2"],
  [{}, { width: 9 }, "model.vision.width 9 cannot be divided among model.vision.num_heads 2"],
  [{}, { patch_size: 5 }, "an image of 8x8 pixels cannot be divided into patches of 5"],
  [
    { moe: { router: { name: "expert_choice" } } },
    {},
    "whether an expert selects a token depends on later tokens, which a causal model must not allow",
  ],
  [
    { moe: { dispatch: { name: "capacity", priority: "batch" } } },
    {},
    "with batch priority, dropping a token depends on later tokens",
  ],
])("%o with vision %o is refused", (settings, vision, message) => {
  expect(() => tinySeeMoe(settings, vision)).toThrow(message);
});
