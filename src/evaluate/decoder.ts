/**
 * A language model at work: two graphs on the same weights, one that reads prompts and one that
 * reads a token per sequence, with the keys and values between them.
 */
import type { NdArray } from "../graph/array.ts";
import { input } from "../graph/inputs.ts";
import { batch } from "../graph/shape.ts";
import { type DecoderResult, type LanguageModel, roomForTokens } from "../models/language-model.ts";
import { createScope, type Scope, type Trace } from "../nn/scope.ts";
import { emitModel } from "../onnx/emit.ts";
import type { Runtime, Session, SessionOptions } from "../runtime/session.ts";
import { createDecoderState, type DecoderState } from "./decoder-state.ts";
import { chooseWeights } from "./model-weights.ts";

export interface DecoderOptions {
  readonly runtime: Runtime;
  /** Trained parameters and states by name; they are read where they lie. */
  readonly weights: ReadonlyMap<string, NdArray>;
  readonly session?: SessionOptions;
  /** Whether to fetch the experts of every token. Default false. */
  readonly experts?: boolean;
}

/** What sequences begin with: float32 `[R, ...shape]` as the model says, or one row for all of them. */
export type PrefixRows = NdArray<"float32">;

/** Reads sequences and gives the scores of what may come next. */
export interface Decoder {
  readonly model: LanguageModel;
  /** Layers whose experts it tells, from the first on; none unless asked for. */
  readonly expertLayers: readonly string[];
  /** Room for sequences, which have no tokens yet; `prefix` is needed where the model has one. */
  open(numSequences: number, prefix?: PrefixRows): DecoderState;
  /** Frees the sessions; states that are still open can no longer be used. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** A compiled graph with what it reads besides tokens and cache. */
export interface DecoderSession {
  readonly session: Session;
  readonly weights: Readonly<Record<string, NdArray>>;
  /** Names of the outputs with the expert ids of each layer, `[K, N]`. */
  readonly expertOutputs: readonly { readonly name: string; readonly numSelected: number }[];
}

export interface DecoderSessions {
  readonly model: LanguageModel;
  readonly step: DecoderSession;
  /** The graph for prompts of up to `numTokens` tokens, and the number of tokens it is made for. */
  prefill(numTokens: number): Promise<{ readonly compiled: DecoderSession; readonly size: number }>;
}

/** Prompts are padded to powers of two from here on, so that few graphs serve all lengths. */
const SMALLEST_PREFILL = 8;

/**
 * Compiles a language model for generation.
 *
 * @throws UserError where a weight is missing or has another shape than the model says
 */
export async function createDecoder(
  model: LanguageModel,
  options: DecoderOptions,
): Promise<Decoder> {
  const prefills = new Map<number, Promise<DecoderSession>>();
  const compiled: DecoderSession[] = [];
  let disposed = false;
  const compile = async (
    trace: (scope: Scope) => DecoderResult,
    layers?: readonly string[],
  ): Promise<DecoderSession> => {
    const result = await compileGraph(trace, options, layers);
    if (disposed) result.session.dispose();
    else compiled.push(result);
    return result;
  };
  const step = await compile((scope) => traceStep(scope, model));
  const layers = step.expertOutputs.map(({ name }) => name);
  const sessions: DecoderSessions = {
    model,
    step,
    prefill: async (numTokens) => {
      let size = SMALLEST_PREFILL;
      while (size < numTokens) size *= 2;
      size = Math.min(size, roomForTokens(model));
      let known = prefills.get(size);
      if (known === undefined) {
        known = compile((scope) => tracePrefill(scope, model, size), layers);
        prefills.set(size, known);
      }
      return { compiled: await known, size };
    },
  };
  const decoder: Decoder = {
    model,
    expertLayers: layers.map((name) => name.replace(/\.ids$/, "")),
    open: (numSequences, prefix) => {
      if (disposed) throw new Error("the decoder was disposed of; create it again");
      return createDecoderState(sessions, numSequences, prefix);
    },
    dispose: () => {
      if (disposed) return;
      disposed = true;
      for (const { session } of compiled) session.dispose();
    },
    [Symbol.dispose]: () => decoder.dispose(),
  };
  return decoder;
}

function tracePrefill(scope: Scope, model: LanguageModel, numTokens: number): DecoderResult {
  const ids = input(scope.graph, "ids", { dtype: "int64", shape: [batch(), numTokens] });
  const lengths = input(scope.graph, "lengths", { dtype: "int64", shape: [batch()] });
  if (model.prefix === undefined) return model.prefill(scope, ids, lengths);
  const shape = [batch(), ...model.prefix.shape];
  const prefix = input(scope.graph, "prefix", { dtype: "float32", shape });
  return model.prefill(scope, ids, lengths, prefix);
}

function traceStep(scope: Scope, model: LanguageModel): DecoderResult {
  const { graph } = scope;
  const { numLayers, numHeads, contextLength, headWidth } = model;
  const ids = input(graph, "ids", { dtype: "int64", shape: [batch()] });
  const positions = input(graph, "positions", { dtype: "int64", shape: [batch()] });
  const room = [batch(), numHeads, contextLength, headWidth];
  const cache = Array.from({ length: numLayers }, (_, layer) => ({
    keys: input(graph, `past_keys.${layer}`, { dtype: "float32", shape: room }),
    values: input(graph, `past_values.${layer}`, { dtype: "float32", shape: room }),
  }));
  return model.step(scope, ids, positions, cache);
}

async function compileGraph(
  traceModel: (scope: Scope) => DecoderResult,
  { runtime, weights, session: settings, experts = false }: DecoderOptions,
  layers?: readonly string[],
): Promise<DecoderSession> {
  const { scope, trace } = createScope({ training: false });
  const { logits, cache } = traceModel(scope);
  const routed = experts ? expertTaps(trace, layers) : [];
  const emitted = emitModel({
    logits,
    ...Object.fromEntries(cache.map(({ keys }, layer) => [`keys.${layer}`, keys])),
    ...Object.fromEntries(cache.map(({ values }, layer) => [`values.${layer}`, values])),
    ...Object.fromEntries(routed),
  });
  const bound = chooseWeights(emitted, weights);
  const session = await runtime.createSession(emitted.bytes, {
    ...settings,
    explain: emitted.explain,
  });
  const expertOutputs = routed.map(([name, { shape }]) => ({
    name,
    numSelected: shape[0] as number,
  }));
  return { session, weights: bound, expertOutputs };
}

/** Expert ids `[K, N]` of the layers, from the first on; of those in `layers`, where they are given. */
function expertTaps({ taps }: Trace, layers?: readonly string[]) {
  const all = [...taps].filter(([name]) => /(^|\.)moe\.ids$/.test(name));
  return layers === undefined ? all : all.filter(([name]) => layers.includes(name));
}
