/** Our side of a comparison: the trainer's step and an evaluation session. */

import { readFile } from "node:fs/promises";
import { decodeSafetensors } from "../src/formats/safetensors.ts";
import { allocate, type NdArray } from "../src/graph/array.ts";
import type { Tensor } from "../src/graph/graph.ts";
import { input } from "../src/graph/inputs.ts";
import type { BatchSpec, Objective } from "../src/learn/step-graph.ts";
import { createTrainStep } from "../src/learn/train-step.ts";
import { crossEntropy } from "../src/losses/cross-entropy.ts";
import { vitMoe } from "../src/models/vit-moe/vit-moe.ts";
import { parseMoe } from "../src/moe/config.ts";
import { createScope, type Scope } from "../src/nn/scope.ts";
import { emitModel } from "../src/onnx/emit.ts";
import { adamW } from "../src/optim/adamw.ts";
import { key } from "../src/random/index.ts";
import { nativeRuntime } from "../src/runtime/native/native.ts";
import { adamw, type CaseConfig, fixed } from "./cases.ts";
import { denseVit } from "./dense-vit.ts";
import type { Side, Task } from "./peers/peer.ts";

/** Threads of both sides. */
export const threads = 2;

type Tensors = ReadonlyMap<string, NdArray>;

/** A measurement that runs until disposed; returns the loss if there is one. */
interface Runner {
  run(): Promise<number | undefined>;
  dispose(): void;
}

/** Creates our side; sessions are created on first use. */
export function ours(): Side {
  let task: { config: CaseConfig; weights: Tensors; batch: Record<string, NdArray> } | undefined;
  let runner: { kind: "train" | "infer"; made: Runner } | undefined;

  const runnerOf = async (kind: "train" | "infer"): Promise<Runner> => {
    if (task === undefined) throw new Error("init comes before step and infer");
    if (runner?.kind === kind) return runner.made;
    runner?.made.dispose();
    const make = kind === "train" ? trainRunner : inferRunner;
    runner = { kind, made: await make(task.config, task.weights, task.batch) };
    return runner.made;
  };
  const release = (): void => {
    runner?.made.dispose();
    runner = undefined;
    task = undefined;
  };

  return {
    async init({ config, weights, batch }: Task) {
      release();
      task = {
        config,
        weights: decodeSafetensors(await readFile(weights), weights).tensors,
        batch: Object.fromEntries(decodeSafetensors(await readFile(batch), batch).tensors),
      };
    },
    async step(count) {
      const { run } = await runnerOf("train");
      return timed(run, count);
    },
    async infer(count) {
      const { run } = await runnerOf("infer");
      return timed(run, count);
    },
    async close() {
      release();
    },
  };
}

async function trainRunner(
  config: CaseConfig,
  weights: Tensors,
  batch: Record<string, NdArray>,
): Promise<Runner> {
  const objective: Objective = (scope, { images, labels }) => ({
    loss: crossEntropy(logitsOf(scope, images!, config), labels!),
  });
  const training = await createTrainStep(objective, batchSpec(config), {
    runtime: nativeRuntime(),
    optimizer: adamW({ beta1: adamw.beta1, beta2: adamw.beta2, epsilon: adamw.eps }),
    seed: key(0),
    session: { threads },
    groups: { group: () => "all", trains: () => true, settings: (base) => () => base },
  });
  const { arena } = training;
  checkNames(weights, arena.names);
  for (const name of arena.names) {
    arena.view("parameters", name).data.set(weights.get(name)!.data as Float32Array);
  }
  let step = 0;
  return {
    async run() {
      await training.forwardBackward(batch, step);
      if (config.experts > 0) {
        const { lr: learningRate, weightDecay } = adamw;
        await training.optimizer.step(() => ({ step, learningRate, weightDecay }));
      }
      step++;
      return training.values.loss!.data[0] as number;
    },
    dispose: () => training.dispose(),
  };
}

async function inferRunner(
  config: CaseConfig,
  weights: Tensors,
  batch: Record<string, NdArray>,
): Promise<Runner> {
  const { scope, trace } = createScope({ training: false });
  const images = input(trace.graph, "images", batchSpec(config).images!);
  const outputs = { logits: logitsOf(scope, images, config) };
  checkNames(weights, [...trace.parameters.keys()]);
  const { bytes } = emitModel(outputs, { initializers: weights });
  const session = await nativeRuntime().createSession(bytes, { threads });
  const logits = allocate("float32", [config.batchSize, fixed.classes]);
  const binding = session.bind({ images: batch.images! }, { logits });
  return {
    async run() {
      await binding.run();
      return undefined;
    },
    dispose: () => session.dispose(),
  };
}

/** Class logits of the case's model. */
export function logitsOf(scope: Scope, images: Tensor, config: CaseConfig): Tensor {
  if (config.experts === 0) return denseVit(scope, images, config);
  return vitMoe(scope, images, {
    patchSize: fixed.patchSize,
    width: config.width,
    numLayers: fixed.blocks,
    numHeads: fixed.heads,
    numClasses: fixed.classes,
    moeLayers: "all",
    moe: parseMoe({
      num_experts: config.experts,
      router: { name: "softmax_top_k", num_selected_experts: config.selected },
      experts: { mlp_ratio: fixed.mlpRatio },
    }),
  });
}

export function batchSpec({ batchSize }: CaseConfig): BatchSpec {
  return {
    images: { dtype: "float32", shape: [batchSize, 1, fixed.imageSize, fixed.imageSize] },
    labels: { dtype: "int64", shape: [batchSize] },
  };
}

/** Both sides must hold the same parameters; otherwise the times are not comparable. */
function checkNames(weights: Tensors, names: readonly string[]): void {
  const missing = names.filter((name) => !weights.has(name));
  if (missing.length > 0 || names.length !== weights.size) {
    throw new Error(
      `the model has ${names.length} parameters and the weights file ${weights.size}; not in the file: ${missing.slice(0, 3).join(", ") || "none"}`,
    );
  }
}

async function timed(
  run: () => Promise<number | undefined>,
  count: number,
): Promise<{ losses: number[]; ms: number[] }> {
  const losses: number[] = [];
  const ms: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    const loss = await run();
    ms.push(performance.now() - start);
    if (loss !== undefined) losses.push(loss);
  }
  return { losses, ms };
}
