/** The language model against PyTorch; the fixtures come from `../fixtures/make_decoder.py`. */
import { describe, expect, test } from "vitest";
import { fromSnakeCase } from "../../config/case.ts";
import { array, elementCount, type NdArray, toNumbers } from "../../graph/array.ts";
import { input } from "../../graph/inputs.ts";
import { batch } from "../../graph/shape.ts";
import { nextTokenLoss } from "../../losses/next-token.ts";
import { normalArray, runScoped } from "../../nn/scope.fixture.ts";
import { createScope } from "../../nn/scope.ts";
import { lessOrEqual } from "../../ops/compare.ts";
import { key } from "../../random/index.ts";
import type { LanguageModel } from "../language-model.ts";
import { expectClose, readFixture } from "../pytorch.fixture.ts";
import { createMoeDecoder, moeDecoderSchema } from "./config.ts";

const makeMoe = { name: "noisy_top_k", bias: true, noise_epsilon: 0 };
const makeMoeCapacity = {
  name: "capacity",
  capacity_factor: 0.75,
  formula: "makemoe",
  order: "token-major",
};

function model(vocabularySize: number, settings: object): LanguageModel {
  const parsed = moeDecoderSchema.parse({ system: "moe-decoder", ...settings });
  return createMoeDecoder(fromSnakeCase(parsed), { vocabularySize });
}

function tiny(moe: object, attentionScale: "head" | "model" = "model"): LanguageModel {
  return model(11, {
    width: 16,
    num_layers: 2,
    num_heads: 4,
    context_length: 8,
    dropout: 0,
    attention_scale: attentionScale,
    moe: { num_experts: 4, experts: { activation: "relu", mlp_ratio: 2 }, ...moe },
  });
}

test("makeMoE's sizes give its 8,996,545 parameters, its initial deviations and its dropout", () => {
  const { scope, trace } = createScope({ training: true });
  const experts = { activation: "relu", dropout: 0.1, hidden_dropout: 0 };
  const router = { ...makeMoe, init_std: Math.sqrt(2 / 128) };
  const decoder = model(65, { moe: { num_experts: 8, router, experts } });
  const ids = input(scope.graph, "ids", { dtype: "int64", shape: [16, 32] });
  expect(decoder.logits(scope, ids).shape).toEqual([512, 65]);
  const sizes = [...trace.parameters.values()].map(({ shape }) => elementCount(shape));
  expect(sizes.reduce((sum, size) => sum + size)).toBe(8_996_545);
  const spread = (name: string): number => {
    const { init, shape } = trace.parameters.get(name)!;
    const drawn = init(key(0), shape);
    return Math.sqrt(drawn.reduce((sum, x) => sum + x * x, 0) / drawn.length);
  };
  // Kaiming normal: sqrt(2 / fan in); embeddings are standard normal.
  expect(spread("token_embedding.weight")).toBeCloseTo(1, 1);
  expect(spread("blocks.3.attn.qkv.weight")).toBeCloseTo(Math.sqrt(2 / 128), 2);
  expect(spread("blocks.3.moe.router.noise.weight")).toBeCloseTo(Math.sqrt(2 / 128), 1);
  expect(spread("blocks.3.moe.experts.7.fc1.weight")).toBeCloseTo(Math.sqrt(2 / 128), 2);
  expect(spread("blocks.3.moe.experts.7.fc2.weight")).toBeCloseTo(Math.sqrt(2 / 512), 2);
  const drops = [...trace.randoms.keys()].filter((name) => name.startsWith("blocks.0."));
  expect(drops.sort()).toEqual([
    "blocks.0.attn.dropout",
    "blocks.0.attn.out.dropout",
    "blocks.0.moe.dropout",
    "blocks.0.moe.router.noise.noise",
  ]);
});

const cases = [
  { name: "moe-decoder-noisy", decoder: tiny({ router: makeMoe }), training: true },
  {
    name: "moe-decoder-capacity",
    decoder: tiny({ router: makeMoe, dispatch: makeMoeCapacity }),
    training: true,
  },
  {
    name: "moe-decoder-switch",
    decoder: tiny({ router: { name: "switch" } }, "head"),
    training: false,
  },
];

describe.each(cases)("$name equals PyTorch", ({ name, decoder, training }) => {
  const { arrays, weights, gradients } = readFixture(name);
  const { tokens, lengths, targets } = arrays as Record<"tokens" | "lengths" | "targets", NdArray>;
  const isPadded = toNumbers(lengths!).some((length) => length < 8);

  test("logits, loss and gradients", async () => {
    const result = await runScoped(
      (scope, batchOf) => {
        const logits = decoder.logits(scope, batchOf.tokens!, batchOf.lengths);
        const mask = isPadded ? { mask: lessOrEqual(0, batchOf.targets!) } : {};
        return { logits, loss: nextTokenLoss(logits, batchOf.targets!, mask) };
      },
      {
        inputs: { tokens: tokens!, targets: targets!, ...(isPadded && { lengths: lengths! }) },
        values: weights,
        training, // Noise is zero.
        differentiate: ["loss"],
      },
    );
    expect([...result.trace.parameters.keys()].sort()).toEqual(Object.keys(weights).sort());
    expectClose("loss", result.outputs.loss!, arrays.loss!, 1e-5);
    expectClose("logits", real(result.outputs.logits!), real(arrays.logits!), 1e-5);
    // The fixture differentiates the loss, the test harness a multiple of it.
    const [factor] = toNumbers(normalArray("cotangent", []));
    for (const [parameter, expected] of Object.entries(gradients)) {
      const found = result.gradients.loss![parameter]!;
      const scaled = { ...found, data: (found.data as Float32Array).map((x) => x / factor!) };
      expectClose(parameter, scaled as NdArray, expected, 1e-4);
    }
  });

  /** Rows of tokens without padding rows, whose values are arbitrary. */
  function real(rows: NdArray): NdArray {
    const kept = toNumbers(lengths!).flatMap((length, b) =>
      Array.from({ length }, (_, at) => b * 8 + at),
    );
    const width = rows.shape[1]!;
    const data = toNumbers(rows);
    return array(kept.map((row) => data.slice(row * width, (row + 1) * width)));
  }
});

test("the gradient equals finite differences of the loss", async () => {
  const decoder = tiny({ router: makeMoe });
  const { arrays, weights } = readFixture("moe-decoder-noisy");
  const inputs = { tokens: arrays.tokens!, targets: arrays.targets! };
  const run = (values: Record<string, NdArray>, differentiate: string[]) =>
    runScoped(
      (scope, { tokens, targets }) => ({
        loss: nextTokenLoss(decoder.logits(scope, tokens!), targets!),
      }),
      { inputs, values, differentiate },
    );
  const slopes = (await run(weights, ["loss"])).gradients.loss!;
  const moved = (name: string, by: number): Record<string, NdArray> => {
    const data = Float32Array.from(weights[name]!.data as Float32Array);
    const slope = toNumbers(slopes[name]!);
    const norm = Math.hypot(...slope);
    for (let i = 0; i < data.length; i++) data[i]! += (by * slope[i]!) / norm;
    return { ...weights, [name]: { ...weights[name]!, data } as NdArray };
  };
  const lossAt = async (name: string, by: number): Promise<number> =>
    toNumbers((await run(moved(name, by), [])).outputs.loss!)[0]!;
  const h = 3e-3;
  for (const name of ["token_embedding.weight", "blocks.0.attn.qkv.weight", "head.weight"]) {
    const rise = ((await lossAt(name, h)) - (await lossAt(name, -h))) / (2 * h);
    const [factor] = toNumbers(normalArray("cotangent", []));
    expect(Math.hypot(...toNumbers(slopes[name]!)) / (rise * factor!)).toBeCloseTo(1, 1);
  }
});

test("earlier positions do not depend on later tokens", async () => {
  const decoder = tiny({ router: makeMoe });
  const { arrays, weights } = readFixture("moe-decoder-noisy");
  const changed = array([toNumbers(arrays.tokens!).slice(0, 8).with(5, 10)], "int64");
  const { outputs } = await runScoped(
    (scope, { tokens }) => ({ logits: decoder.logits(scope, tokens!) }),
    { inputs: { tokens: changed }, shapes: { tokens: [batch(), 8] }, values: weights },
  );
  const [found, expected] = [toNumbers(outputs.logits!), toNumbers(arrays.logits!)];
  for (let i = 0; i < 5 * 11; i++) expect(found[i]).toBeCloseTo(expected[i]!, 4);
  expect(Math.abs(found[5 * 11]! - expected[5 * 11]!)).toBeGreaterThan(1e-3);
});

test.each([
  [{ width: 30, num_heads: 8 }, "model.width 30 cannot be divided among model.num_heads 8"],
  [
    { moe: { router: { name: "expert_choice" } } },
    "whether an expert selects a token depends on later tokens, which a causal model must not allow",
  ],
  [
    { moe: { router: { name: "hash", key: "position" } } },
    "the router hash has no positions then; choose router.key word",
  ],
])("%o is refused", (settings, message) => {
  expect(() => model(65, settings)).toThrow(message);
});

test("sequences longer than the context are refused", () => {
  const { scope } = createScope({ training: false });
  const ids = input(scope.graph, "ids", { dtype: "int64", shape: [batch(), 9] });
  expect(() => tiny({}).logits(scope, ids)).toThrow(
    "sequences of 9 tokens do not fit the model's context of 8",
  );
});
