/** Runs a contrastive model: one graph encodes images and one encodes texts. */
import type { NdArray } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import { batch } from "../graph/shape.ts";
import type { ContrastiveModel } from "../models/contrastive-model.ts";
import type { Scope } from "../nn/scope.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { zerosLike } from "../ops/gather.ts";
import { reduceSum } from "../ops/reduce.ts";
import { compileForward, type ForwardOptions } from "./forward.ts";

export type EncoderOptions = ForwardOptions;

/** Model, weights and options of an encoder. */
export type EncoderModel = Pick<
  ContrastiveModel,
  "embedDim" | "imageShape" | "contextLength" | "encodeImages" | "encodeTexts" | "similarity"
>;

/** Unit-length rows `[B, P]` with the requested taps. */
export interface TappedEmbeddings {
  readonly embeddings: NdArray;
  readonly taps: Readonly<Record<string, NdArray>>;
}

/** Encodes images and texts into one space. */
export interface Encoder {
  readonly model: EncoderModel;
  /** Unit-length rows `[B, P]` of normalised images `[B, C, H, W]`. */
  encodeImages(images: NdArray): Promise<NdArray>;
  /** Unit-length rows `[B, P]` of ids `[B, L]` and lengths `[B]`, both int64. */
  encodeTexts(ids: NdArray, lengths: NdArray): Promise<NdArray>;
  /** Image embeddings with the requested taps. */
  tapImages(images: NdArray): Promise<TappedEmbeddings>;
  /** Text embeddings with the requested taps. */
  tapTexts(ids: NdArray, lengths: NdArray): Promise<TappedEmbeddings>;
  /** `scale` and `bias` of the logits `scale * cosine + bias`. */
  similarity(): Promise<{ readonly scale: number; readonly bias: number }>;
  /** Frees the sessions. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/**
 * Compiles a contrastive model. No token is dropped, so an embedding does not depend on the rest of
 * its batch.
 *
 * @throws UserError if a weight is missing or its shape differs from the model's
 */
export async function createEncoder(
  model: EncoderModel,
  options: EncoderOptions,
): Promise<Encoder> {
  const images = await compileForward((scope) => traceImages(scope, model), options);
  const texts = await compileForward((scope) => traceTexts(scope, model), options);
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
    tapImages: async (batchOfImages) => tapped(await images.run({ images: batchOfImages })),
    tapTexts: async (ids, lengths) => tapped(await texts.run({ ids, lengths })),
    similarity: () => similarityOf(model, options),
    dispose,
    [Symbol.dispose]: dispose,
  };
}

function tapped({ embeddings, ...taps }: Record<string, NdArray>): TappedEmbeddings {
  return { embeddings: embeddings!, taps };
}

function traceImages(scope: Scope, model: EncoderModel): Record<string, Tensor> {
  const shape = [batch(), ...model.imageShape];
  const images = input(scope.graph, "images", { dtype: "float32", shape });
  return { embeddings: model.encodeImages(scope, images) };
}

function traceTexts(scope: Scope, model: EncoderModel): Record<string, Tensor> {
  const shape = [batch(), model.contextLength];
  const ids = input(scope.graph, "ids", { dtype: "int64", shape });
  const lengths = input(scope.graph, "lengths", { dtype: "int64", shape: [batch()] });
  return { embeddings: model.encodeTexts(scope, ids, lengths) };
}

/**
 * Evaluates `scale` and `bias` of a model's similarity from its weights.
 *
 * @throws UserError if a weight is missing or its shape differs from the model's
 */
export async function similarityOf(
  model: Pick<EncoderModel, "similarity">,
  { taps: _, ...options }: EncoderOptions,
): Promise<{ readonly scale: number; readonly bias: number }> {
  const factors = await compileForward((scope) => {
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
