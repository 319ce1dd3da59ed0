/** A small transformer with dropout and routed experts, run with and without checkpointing. */
import { array, type NdArray } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { type Objective, type StepGraphOptions, trainingGraph } from "../learn/step-graph.ts";
import { initialValues } from "../learn/step-memory.ts";
import { crossEntropy } from "../losses/cross-entropy.ts";
import { moe } from "../moe/layer.ts";
import { importanceLoss } from "../moe/losses/importance.ts";
import { softmaxTopKRouter } from "../moe/routers/softmax-top-k.ts";
import { selfAttention } from "../nn/attention/attention.ts";
import { dropout } from "../nn/dropout.ts";
import { layerNorm } from "../nn/layer-norm.ts";
import { linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import { add } from "../ops/arithmetic.ts";
import { key, normal, uniform } from "../random/index.ts";
import { nativeRuntime } from "../runtime/native/native.ts";
import type { SessionOptions } from "../runtime/session.ts";

export interface Sizes {
  readonly rows: number;
  readonly width: number;
  readonly blocks: number;
}

const small: Sizes = { rows: 24, width: 16, blocks: 3 };

function transformer(scope: Scope, x: Tensor, { width, blocks }: Sizes): Tensor {
  for (let i = 0; i < blocks; i++) {
    const block = scope.child("blocks").child(i);
    const attended = selfAttention(block.child("attn"), layerNorm(block.child("norm1"), x), {
      numTokens: 4,
      numHeads: 2,
    });
    x = add(x, dropout(block.child("drop"), attended, 0.25)); // [N, D]
    const mixed = moe(block.child("moe"), layerNorm(block.child("norm2"), x), {
      router: (at, rows) => softmaxTopKRouter(at, rows, { numExperts: 4, numSelectedExperts: 2 }),
      experts: { hiddenWidth: 4 * width, dropout: 0.1 },
      losses: (at, routing) =>
        at.auxiliary("importance", 0.1, importanceLoss(routing.probabilities)),
    });
    x = block.tap("output", add(x, mixed)); // [N, D]
  }
  return linear(scope.child("head"), layerNorm(scope.child("norm"), x), 5);
}

/** Graph of the transformer's training step. */
export function stepGraph(options: StepGraphOptions = {}, sizes: Sizes = small) {
  const objective: Objective = (scope, { x, labels }) => ({
    loss: crossEntropy(transformer(scope, x!, sizes), labels!),
  });
  const batch = {
    x: { dtype: "float32", shape: [sizes.rows, sizes.width] },
    labels: { dtype: "int64", shape: [sizes.rows] },
  } as const;
  return trainingGraph(objective, batch, options);
}

/** One step from fixed weights, inputs and random numbers: returns all outputs and the result of `use`. */
export async function runStep(
  graph: ReturnType<typeof stepGraph>,
  { sizes = small, ...options }: SessionOptions & { readonly sizes?: Sizes } = {},
): Promise<{ outputs: Record<string, NdArray>; profile: string | undefined }> {
  const feeds: Record<string, NdArray> = {};
  const { parameters, randoms } = graph.trace;
  for (const { name, shape } of graph.model.inputs) {
    const size = shape as readonly number[];
    const values = new Float32Array(size.reduce((a, b) => a * b, 1));
    const parameter = parameters.get(name);
    if (name === "labels") {
      feeds[name] = array(
        Array.from({ length: sizes.rows }, (_, i) => i % 5),
        "int64",
      );
      continue;
    }
    if (parameter !== undefined) values.set(initialValues(key(3), parameter));
    else if (randoms.has(name)) uniform(key(name.length), values);
    else normal(key(5), values);
    feeds[name] = { dtype: "float32", shape: size, data: values };
  }
  const session = await nativeRuntime().createSession(graph.model.bytes, {
    explain: graph.model.explain,
    ...options,
  });
  try {
    const outputs = await session.run(feeds);
    return { outputs, profile: options.profile && session.endProfiling!() };
  } finally {
    session.dispose();
  }
}
