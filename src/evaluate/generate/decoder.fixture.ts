/** Tiny decoders with random weights, and their outputs without a cache. */
import { fromSnakeCase } from "../../config/case.ts";
import { allocate, array, type NdArray, toNumbers } from "../../graph/array.ts";
import { input } from "../../graph/inputs.ts";
import { type LanguageModel, roomForTokens } from "../../models/language-model.ts";
import { createMoeDecoder, moeDecoderSchema } from "../../models/moe-decoder/config.ts";
import { createScope } from "../../nn/scope.ts";
import { emitModel } from "../../onnx/emit.ts";
import { foldIn, key } from "../../random/index.ts";
import { nativeRuntime } from "../../runtime/native/native.ts";
import type { Runtime } from "../../runtime/session.ts";
import { createDecoder, type Decoder } from "./decoder.ts";
import type { PrefixRows } from "./decoder-session.ts";

export interface TinyOptions {
  readonly vocabularySize?: number;
  readonly contextLength?: number;
  readonly moe?: object;
  readonly seed?: number;
}

/** makeMoE's architecture in small: 2 layers, 2 heads, 2 of 4 experts per token. */
export function tinyModel({ vocabularySize = 5, contextLength = 12, moe }: TinyOptions = {}) {
  const settings = moeDecoderSchema.parse({
    system: "moe-decoder",
    width: 8,
    num_layers: 2,
    num_heads: 2,
    context_length: contextLength,
    attention_scale: "model",
    moe: moe ?? {
      num_experts: 4,
      router: { name: "noisy_top_k", bias: true, init_std: 0.5 },
      experts: { activation: "relu" },
    },
  });
  return createMoeDecoder(fromSnakeCase(settings), { vocabularySize });
}

/** Initial values of all parameters. */
export function firstWeights(model: LanguageModel, seed = 0): Map<string, NdArray> {
  const { scope, trace } = createScope({ training: false });
  const ids = input(scope.graph, "ids", { dtype: "int64", shape: [1, roomForTokens(model)] });
  const prefix = model.prefix && {
    dtype: "float32" as const,
    shape: [1, ...model.prefix.shape],
  };
  model.logits(scope, ids, undefined, prefix && input(scope.graph, "prefix", prefix));
  const specs = [...trace.parameters.values(), ...trace.states.values()];
  return new Map(
    specs.map(({ name, shape: size, init }) => {
      const value = allocate("float32", size);
      value.data.set(init(foldIn(key(seed), name), size));
      return [name, value];
    }),
  );
}

export interface TinyDecoder {
  readonly model: LanguageModel;
  readonly decoder: Decoder;
  /**
   * Logits of the next token after each of `ids`, computed in one pass. After a prefix, the logits
   * of the first token come first.
   */
  full(ids: readonly number[], prefix?: PrefixRows): Promise<number[][]>;
}

interface DecoderSettings {
  readonly experts?: boolean;
  readonly runtime?: Runtime;
  readonly seed?: number;
}

/** A decoder of the tiny language model; the caller disposes of it. */
export function tinyDecoder(options: TinyOptions & DecoderSettings = {}): Promise<TinyDecoder> {
  return decoderOf(tinyModel(options), options);
}

/** A decoder with a model's initial weights; the caller disposes of it. */
export async function decoderOf(
  model: LanguageModel,
  { seed, experts = false, runtime = nativeRuntime() }: DecoderSettings = {},
): Promise<TinyDecoder> {
  const weights = firstWeights(model, seed);
  const decoder = await createDecoder(model, {
    runtime,
    weights,
    experts,
    session: { threads: 1 },
  });
  return {
    model,
    decoder,
    async full(ids, prefix) {
      const { scope } = createScope({ training: false });
      const given = array([[...ids]], "int64");
      const images = prefix && input(scope.graph, "prefix", prefix);
      const logits = model.logits(scope, input(scope.graph, "ids", given), undefined, images);
      const emitted = emitModel({ logits });
      const session = await runtime.createSession(emitted.bytes, { threads: 1 });
      try {
        const used = emitted.inputs.flatMap(({ name }) =>
          weights.has(name) ? [[name, weights.get(name)!]] : [],
        );
        const data = { ids: given, ...(prefix && { prefix }) };
        const result = await session.run({ ...Object.fromEntries(used), ...data });
        const flat = toNumbers(result.logits!);
        const size = model.vocabularySize;
        return Array.from({ length: flat.length / size }, (_, at) =>
          flat.slice(at * size, (at + 1) * size),
        );
      } finally {
        session.dispose();
      }
    },
  };
}

/** The index of the largest entry; ties go to the first. */
export function argMax(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
