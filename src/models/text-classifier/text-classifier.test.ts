/** The text classifier against PyTorch; the fixture comes from `../fixtures/make_decoder.py`. */
import { expect, test } from "vitest";
import { fromSnakeCase } from "../../config/case.ts";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import { batch } from "../../graph/shape.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import { normalArray, runScoped } from "../../nn/scope.fixture.ts";
import { expectClose, readFixture } from "../pytorch.fixture.ts";
import { createTextClassifier, textClassifierSchema } from "./config.ts";

const { arrays, weights, gradients } = readFixture("text-classifier");
const settings = textClassifierSchema.parse({
  system: "text-classifier",
  width: 16,
  num_layers: 2,
  num_heads: 4,
  context_length: 8,
  dropout: 0,
  moe: {
    num_experts: 4,
    router: { name: "switch" },
    experts: { activation: "relu", mlp_ratio: 2 },
  },
});
const classifier = createTextClassifier(fromSnakeCase(settings), {
  vocabularySize: 11,
  numClasses: 3,
});
const inputs = { tokens: arrays.tokens!, lengths: arrays.lengths! };

test("logits, loss and gradients equal PyTorch's", async () => {
  const result = await runScoped(
    (scope, { tokens, lengths, targets }) => {
      const logits = classifier.logits(scope, tokens!, lengths!);
      return { logits, loss: crossEntropy(logits, targets!) };
    },
    { inputs: { ...inputs, targets: arrays.targets! }, values: weights, differentiate: ["loss"] },
  );
  expect([...result.trace.parameters.keys()].sort()).toEqual(Object.keys(weights).sort());
  expectClose("logits", result.outputs.logits!, arrays.logits!, 1e-5);
  expectClose("loss", result.outputs.loss!, arrays.loss!, 1e-5);
  // The fixture differentiates the loss, the test harness a multiple of it.
  const [factor] = toNumbers(normalArray("cotangent", []));
  for (const [name, expected] of Object.entries(gradients)) {
    const found = result.gradients.loss![name]! as NdArray<"float32">;
    const scaled = { ...found, data: found.data.map((x) => x / factor!) };
    expectClose(name, scaled, expected, 1e-4);
  }
});

test("padding is neither attended to, nor routed, counted or pooled", async () => {
  const shapes = { tokens: [batch(), 8], lengths: [batch()] };
  const run = async (tokens: NdArray, lengths = inputs.lengths) =>
    runScoped(
      (scope, given) => ({ logits: classifier.logits(scope, given.tokens!, given.lengths!) }),
      { inputs: { tokens, lengths }, shapes, values: weights },
    );
  // The sentences have 8, 1 and 5 tokens; padding is replaced.
  const other = toNumbers(inputs.tokens).map((id, at) => {
    const [sentence, place] = [Math.floor(at / 8), at % 8];
    return place < [8, 1, 5][sentence]! ? id : (id + 3) % 11;
  });
  const changed = { ...array(other, "int64"), shape: [3, 8] };
  const [before, after] = [await run(inputs.tokens), await run(changed)];
  expect(after.outputs.logits!.data).toEqual(before.outputs.logits!.data);
  for (const layer of [0, 1]) {
    const counts = toNumbers(before.outputs[`blocks.${layer}.moe.counts`]!);
    expect(counts.reduce((sum, count) => sum + count)).toBe(8 + 1 + 5);
  }
  const empty = await run(changed, array([8, 0, 5], "int64"));
  const logits = toNumbers(empty.outputs.logits!);
  expect(logits.slice(0, 3)).toEqual(toNumbers(after.outputs.logits!).slice(0, 3));
  // For an empty sentence the logits are the bias of the classifier.
  expect(logits.slice(3, 6)).toEqual(toNumbers(weights["head.bias"]!));
});

test("the number of heads must divide the width", () => {
  const uneven = { ...fromSnakeCase(settings), numHeads: 5 };
  expect(() => createTextClassifier(uneven, { vocabularySize: 11, numClasses: 3 })).toThrow(
    "model.width 16 cannot be divided among model.num_heads 5; choose a multiple",
  );
});
