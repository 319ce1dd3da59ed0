/** A contrastive model at work: one graph that reads images and one that reads texts. */
import type { NdArray } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import { batch } from "../graph/shape.ts";
import type { ContrastiveModel } from "../models/contrastive-model.ts";
import { createScope, type Scope } from "../nn/scope.ts";
import { emitModel } from "../onnx/emit.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { zerosLike } from "../ops/gather.ts";
import { reduceSum } from "../ops/reduce.ts";
import type { Runtime, SessionOptions } from "../runtime/session.ts";
import { chooseWeights } from "./model-weights.ts";

export interface EncoderOptions {
  readonly runtime: Runtime;
  /** Trained parameters and states by name; they are read where they lie. */
  readonly weights: ReadonlyMap<string, NdArray>;
  readonly session?: SessionOptions;
}

/** Brings images and texts into one space. */
export interface Encoder {
  readonly model: ContrastiveModel;
  /** Unit rows `[B, P]` of normalised images `[B, C, H, W]`. */
  encodeImages(images: NdArray): Promise<NdArray>;
  /** Unit rows `[B, P]` of ids `[B, L]` and lengths `[B]`, both int64. */
  encodeTexts(ids: NdArray, lengths: NdArray): Promise<NdArray>;
  /** `scale` and `bias` of logits `scale * cosine + bias`. */
  similarity(): Promise<{ readonly scale: number; readonly bias: number }>;
  /** Frees the sessions. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/**
 * Compiles a contrastive model for single images and texts; nothing is dropped, so that an embedding
 * does not depend on what else is encoded with it.
 *
 * @throws UserError where a weight is missing or has another shape than the model says
 */
export async function createEncoder(
  model: ContrastiveModel,
  options: EncoderOptions,
): Promise<Encoder> {
  const images = await compile((scope) => traceImages(scope, model), options);
  const texts = await compile((scope) => traceTexts(scope, model), options);
  const dispose = (): void => {
    images.dispose();
    texts.dispose();
  };
  return {
    model,
    encodeImages: async (batchOfImages) => {
      const { embeddings } = await images.run({ images: batchOfImages }, ["embeddings"]);
      return embeddings!;
    },
    encodeTexts: async (ids, lengths) => {
      const { embeddings } = await texts.run({ ids, lengths }, ["embeddings"]);
      return embeddings!;
    },
    similarity: () => similarityOf(model, options),
    dispose,
    [Symbol.dispose]: dispose,
  };
}

function traceImages(scope: Scope, model: ContrastiveModel): Record<string, Tensor> {
  const shape = [batch(), ...model.imageShape];
  const images = input(scope.graph, "images", { dtype: "float32", shape });
  return { embeddings: model.encodeImages(scope, images) };
}

function traceTexts(scope: Scope, model: ContrastiveModel): Record<string, Tensor> {
  const shape = [batch(), model.contextLength];
  const ids = input(scope.graph, "ids", { dtype: "int64", shape });
  const lengths = input(scope.graph, "lengths", { dtype: "int64", shape: [batch()] });
  return { embeddings: model.encodeTexts(scope, ids, lengths) };
}

async function similarityOf(model: ContrastiveModel, options: EncoderOptions) {
  const factors = await compile((scope) => {
    const zero = input(scope.graph, "zero", { dtype: "float32", shape: [1] });
    const { scale, bias } = model.similarity(scope);
    const number = (value: Tensor | number): Tensor => reduceSum(add(zerosLike(zero), value));
    return { scale: number(scale), bias: mul(number(bias), 1) };
  }, options);
  try {
    const { scale, bias } = await factors.run({});
    return { scale: Number(scale!.data[0]), bias: Number(bias!.data[0]) };
  } finally {
    factors.dispose();
  }
}

async function compile(
  trace: (scope: Scope) => Record<string, Tensor>,
  { runtime, weights, session: settings }: EncoderOptions,
) {
  const { scope } = createScope({ training: false });
  const emitted = emitModel(trace(scope));
  const bound = chooseWeights(emitted, weights);
  const session = await runtime.createSession(emitted.bytes, {
    ...settings,
    explain: emitted.explain,
  });
  return {
    run: (given: Readonly<Record<string, NdArray>>, names?: readonly string[]) =>
      session.run({ ...bound, ...given }, names),
    dispose: () => session.dispose(),
  };
}
