import { expect, test } from "vitest";
import type { Tensor } from "../../graph/graph.ts";
import { batch, type Dim } from "../../graph/shape.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import { dropout } from "../../nn/dropout.ts";
import { embedding } from "../../nn/embedding.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { relu } from "../../ops/activation.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { reduceMean, reduceSum } from "../../ops/reduce.ts";
import { reshape, transpose } from "../../ops/reshape.ts";
import { cumulativeSum } from "../../ops/scan.ts";
import { parameterGroups } from "../parameter-groups.ts";
import { evaluationGraph, type Objective, trainingGraph } from "../step-graph.ts";
import { findFrozenPart } from "./frozen-part.ts";

const specs = (size: Dim) =>
  ({
    x: { dtype: "float32", shape: [size, 3, 4] },
    labels: { dtype: "int64", shape: [size] },
  }) as const;

const rules = (...names: string[]) => names.map((parameters) => ({ parameters, frozen: true }));

function partOf(objective: Objective, frozen: readonly string[], varying: readonly string[] = []) {
  return findFrozenPart(objective, {
    training: specs(6),
    evaluation: specs(batch()),
    trains: parameterGroups(rules(...frozen)).trains,
    isConstant: (name) => !varying.includes(name),
    tap: (name) => name === "wanted",
  });
}

type Layers = (scope: Scope, x: Tensor) => Tensor;

/** Three tokens of width 4 per sample through `layers`, then logits of the mean token. */
function objectiveOf(layers: Layers): Objective {
  return (scope, { x, labels }) => {
    const size = x!.shape[0]!;
    const rows = layers(scope, reshape(x!, [-1, 4])); // [B*3, D]
    const pooled = reduceMean(reshape(rows, [size, 3, rows.shape[1]!]), 1); // [B, D]
    const logits = linear(scope.child("head"), pooled, 2); // [B, 2]
    return { loss: crossEntropy(logits, labels!), outputs: { logits } };
  };
}

/** Residual blocks of width 4, as in a transformer. */
const residual = objectiveOf((scope, x) => {
  let rows = x;
  for (const block of [0, 1, 2]) {
    const at = scope.child(`blocks.${block}`);
    const hidden = relu(linear(at.child("fc1"), layerNorm(at.child("norm"), rows), 8));
    rows = add(rows, linear(at.child("fc2"), hidden, 4));
  }
  return rows;
});
const twoBlocks = ["blocks.0.*", "blocks.1.*"];

test("the residual stream is kept, and the rest reads it in training and evaluation", () => {
  const part = partOf(residual, twoBlocks);
  expect(part.features).toEqual([
    { name: "frozen:0", dtype: "float32", shape: [3, 4], place: "blocks.1.fc2" },
  ]);
  expect(part.reads).toEqual(["x"]);
  expect(part.model.inputs.map(({ name }) => name).sort()).toEqual(
    ["x"]
      .concat(
        [0, 1].flatMap((i) =>
          ["fc1", "fc2", "norm"].flatMap((layer) =>
            ["bias", "weight"].map((name) => `blocks.${i}.${layer}.${name}`),
          ),
        ),
      )
      .sort(),
  );
  const { givenFor } = part;
  const { trains } = parameterGroups(rules(...twoBlocks));
  const training = trainingGraph(residual, specs(6), { trains, givenFor });
  const evaluation = evaluationGraph(residual, specs(batch()), { givenFor });
  for (const { model, readsGiven } of [training, evaluation]) {
    expect(readsGiven).toBe(true);
    const names = model.inputs.map(({ name }) => name);
    expect(names).toContain("frozen:0");
    expect(names).not.toContain("x");
    expect(names.filter((name) => /^blocks\.[01]/.test(name))).toEqual([]);
  }
  // All parameters keep their place in the model.
  expect(training.trace.parameters.size).toBe(evaluation.trace.parameters.size);
  expect(training.model.outputs.map(({ name }) => name)).not.toContain(
    "gradient:blocks.0.fc1.weight",
  );
});

test("the smallest tensors are kept, at the end of the frozen part", () => {
  expect(partOf(residual, ["blocks.*"]).features[0]!.shape).toEqual([1, 4]); // the mean token
  // A frozen norm is cheap to compute again; keeping it beside the residual stream is not.
  const withNorm = partOf(residual, [...twoBlocks, "blocks.2.norm.*"]);
  expect(withNorm.features.map(({ place }) => place)).toEqual(["blocks.1.fc2"]);
  const wide = objectiveOf((scope, x) => {
    const hidden = relu(linear(scope.child("fc1"), x, 32));
    return linear(scope.child("fc3"), linear(scope.child("fc2"), hidden, 4), 4);
  });
  expect(partOf(wide, ["fc1.*"]).features[0]!.shape).toEqual([3, 32]);
  expect(partOf(wide, ["fc1.*", "fc2.*"]).features[0]!.shape).toEqual([3, 4]);
});

test("equal tensors of a model that is applied twice are kept once", () => {
  const twice = objectiveOf((scope, x) => {
    const pass = () => mul(linear(scope.child("fc1"), x, 4), 2);
    return linear(scope.child("fc2"), add(pass(), relu(linear(scope.child("fc3"), pass(), 4))), 4);
  });
  const { features, givenFor } = partOf(twice, ["fc1.*"]);
  expect(features).toHaveLength(1);
  const { model } = evaluationGraph(twice, specs(batch()), { givenFor });
  expect(model.inputs.filter(({ name }) => name.startsWith("frozen:"))).toHaveLength(1);
  expect(model.inputs.map(({ name }) => name)).not.toContain("x");
});

test("outputs inside the frozen part are computed", () => {
  const tapped = objectiveOf((scope, x) => {
    const hidden = scope.tap("inside", linear(scope.child("fc1"), x, 32));
    return linear(scope.child("fc3"), linear(scope.child("fc2"), hidden, 4), 4);
  });
  const { givenFor } = partOf(tapped, ["fc1.*", "fc2.*"]);
  const options = { givenFor, tap: (name: string) => name === "inside" };
  const { model, readsGiven } = evaluationGraph(tapped, specs(batch()), options);
  expect(readsGiven).toBe(false);
  expect(model.inputs.map(({ name }) => name)).toContain("x");
});

test("taps of training that are inside the frozen part are kept too", () => {
  const tapped = objectiveOf((scope, x) => {
    const hidden = linear(scope.child("fc1"), x, 5);
    scope.tap("wanted", hidden);
    return linear(scope.child("fc3"), linear(scope.child("fc2"), hidden, 4), 4);
  });
  expect(partOf(tapped, ["fc1.*", "fc2.*"]).features.map(({ shape }) => shape)).toEqual([
    [3, 5],
    [3, 4],
  ]);
});

test("a table of embeddings is read by sample", () => {
  const ids: Objective = (scope, { labels }) => {
    const rows = embedding(scope.child("embed"), labels!, { numEmbeddings: 5, width: 4 });
    const logits = linear(scope.child("head"), linear(scope.child("fc"), rows, 3), 2);
    return { loss: crossEntropy(logits, labels!) };
  };
  const { features, reads } = partOf(ids, ["embed.*", "fc.*"]);
  expect(features.map(({ shape }) => shape)).toEqual([[1, 3]]);
  expect(reads).toEqual(["labels"]);
});

test("frozen layers behind trained ones are no part of it", () => {
  const sandwich = objectiveOf((scope, x) => {
    const first = linear(scope.child("frozen1"), x, 6);
    return linear(scope.child("frozen2"), linear(scope.child("trained"), first, 4), 4);
  });
  const { features, model } = partOf(sandwich, ["frozen*"]);
  expect(features.map(({ place }) => place)).toEqual(["frozen1"]);
  expect(model.inputs.map(({ name }) => name)).not.toContain("frozen2.weight");
});

test.each<[string, Layers, string]>([
  [
    "random numbers",
    (scope, x) => linear(scope.child("fc2"), dropout(scope.child("drop"), x, 0.5), 4),
    "fc2.weight computes: it depends on the random numbers drop.dropout; set the rate",
  ],
  [
    "a state",
    (scope, x) => {
      const state = scope.state("mean", [4], () => new Float32Array(4));
      scope.update("mean", mul(state, 0.5));
      return linear(scope.child("fc2"), add(x, state), 4);
    },
    "fc2.weight computes: it depends on mean, which changes during training",
  ],
  [
    "a mean over the batch",
    (scope, x) => linear(scope.child("fc2"), add(x, reduceMean(x, 0, { keepDims: true })), 4),
    "fc2.weight computes: the samples of a batch influence each other in fc2, by a capacity limit",
  ],
  [
    "a running sum over the batch",
    (scope, x) => linear(scope.child("fc2"), cumulativeSum(x, 0), 4),
    "fc2.weight computes: the samples of a batch influence each other",
  ],
  [
    "another layer in evaluation",
    (scope, x) => linear(scope.child("fc2"), scope.training ? mul(x, 2) : x, 4),
    "fc2.weight computes: fc2 computes something else in evaluation",
  ],
])("%s in the frozen part is refused", (_, layers, message) => {
  expect(() => partOf(objectiveOf(layers), ["fc2.*"])).toThrow(message);
});

test("nothing to keep is refused", () => {
  expect(() => partOf(residual, [])).toThrow("train.cache_frozen needs frozen parameters");
  expect(() => partOf(residual, ["blocks.2.*"])).toThrow(
    "finds nothing to keep: no matrix product or convolution",
  );
  expect(() => partOf(residual, twoBlocks, ["x"])).toThrow(
    "blocks.0.norm.weight computes: the x of a sample change from epoch to epoch",
  );
});

test("tensors that are not sorted by sample are not kept", () => {
  /** Two choices of each sample, all first ones before all second ones, as routers have them. */
  const byChoice = (continues: (scope: Scope, rows: Tensor) => Tensor): Objective => {
    return (scope, { x, labels }) => {
      const size = x!.shape[0]!;
      const hidden = linear(scope.child("fc1"), reshape(x!, [size, 12]), 6);
      const choices = transpose(reshape(hidden, [size, 2, 3]), [1, 0, 2]); // [2, B, 3]
      const rows = continues(scope, reshape(choices, [-1, 3])); // [2*B, 3]
      const sum = reduceSum(reshape(rows, [2, size, 3]), 0); // [B, 3]
      return { loss: crossEntropy(linear(scope.child("head"), sum, 2), labels!) };
    };
  };
  const shapesOf = (objective: Objective): unknown =>
    partOf(objective, ["fc1.*", "fc2.*"]).features.map(({ shape }) => shape);
  expect(shapesOf(byChoice((scope, rows) => linear(scope.child("trained"), rows, 3)))).toEqual([
    [1, 2, 3],
  ]);
  expect(shapesOf(byChoice((scope, rows) => linear(scope.child("fc2"), rows, 3)))).toEqual([
    [1, 3],
  ]);
});
