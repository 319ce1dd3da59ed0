/**
 * Runs a language model for generation: a prefill graph and a single-token graph share weights and
 * exchange a key-value cache.
 */
import { input } from "../../graph/inputs.ts";
import { batch } from "../../graph/shape.ts";
import {
  type DecoderResult,
  type LanguageModel,
  roomForTokens,
} from "../../models/language-model.ts";
import { layersOf } from "../../moe/routing-taps.ts";
import { createScope, type Scope } from "../../nn/scope.ts";
import { createWeightedSession, type WeightedOptions } from "../model-weights.ts";
import { type RoutingDetail, routedLayerSizes, routingOutputs } from "./decoder-routing.ts";
import type { DecoderSession, DecoderSessions, PrefixRows } from "./decoder-session.ts";
import { createDecoderState, type DecoderState } from "./decoder-state.ts";

export interface DecoderOptions extends WeightedOptions {
  /** Whether to fetch the experts of every token. Default false. */
  readonly experts?: boolean;
  /** Whether to fetch the full routing of every token, and of the prefix layers. Default false. */
  readonly routing?: boolean;
}

/** Reads sequences and returns the logits of the next token. */
export interface Decoder {
  readonly model: LanguageModel;
  /** Layers whose experts are reported, first layer first; empty unless requested. */
  readonly expertLayers: readonly string[];
  /** Layers that read only the prefix; empty unless `routing` is set. */
  readonly prefixLayers: readonly string[];
  /** Creates a state without tokens; `prefix` is required if the model has one. */
  open(numSequences: number, prefix?: PrefixRows): DecoderState;
  /** Frees the sessions; existing states become unusable. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/**
 * Minimum prefill size. Prompts are padded to powers of two, so that few graphs serve all lengths.
 */
const SMALLEST_PREFILL = 8;

/**
 * Compiles a language model for generation.
 *
 * @throws UserError if a weight is missing or its shape differs from the model's
 */
export async function createDecoder(
  model: LanguageModel,
  options: DecoderOptions,
): Promise<Decoder> {
  const { experts = false, routing = false } = options;
  const detail: RoutingDetail = routing ? "all" : experts ? "experts" : "none";
  const prefills = new Map<number, Promise<DecoderSession>>();
  const compiled: DecoderSession[] = [];
  let disposed = false;
  const compile = async (
    trace: (scope: Scope) => DecoderResult,
    choose?: ChooseLayers,
  ): Promise<DecoderSession> => {
    const result = await compileGraph(trace, options, detail, choose);
    if (disposed) result.session.dispose();
    else compiled.push(result);
    return result;
  };
  const step = await compile((scope) => traceStep(scope, model));
  const layers = step.layers.map(({ layer }) => layer);
  const prefixLayers = detail === "all" && model.prefix ? layersOfPrefix(model, layers) : [];
  const sessions: DecoderSessions = {
    model,
    detail,
    step,
    prefill: async (numTokens) => {
      let size = SMALLEST_PREFILL;
      while (size < numTokens) size *= 2;
      size = Math.min(size, roomForTokens(model));
      let known = prefills.get(size);
      if (known === undefined) {
        known = compile(
          (scope) => tracePrefill(scope, model, size),
          () => ({
            layers,
            prefixLayers,
          }),
        );
        prefills.set(size, known);
      }
      return { compiled: await known, size };
    },
  };
  const decoder: Decoder = {
    model,
    expertLayers: layers,
    prefixLayers,
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
  const { numLayers, numKeyValueHeads, contextLength, headWidth } = model;
  const ids = input(graph, "ids", { dtype: "int64", shape: [batch()] });
  const positions = input(graph, "positions", { dtype: "int64", shape: [batch()] });
  const room = [batch(), numKeyValueHeads, contextLength, headWidth];
  const cache = Array.from({ length: numLayers }, (_, layer) => ({
    keys: input(graph, `past_keys.${layer}`, { dtype: "float32", shape: room }),
    values: input(graph, `past_values.${layer}`, { dtype: "float32", shape: room }),
  }));
  return model.step(scope, ids, positions, cache);
}

/** Selects the layers of a graph whose routing is reported. */
type ChooseLayers = (all: readonly string[]) => {
  readonly layers: readonly string[];
  readonly prefixLayers: readonly string[];
};

async function compileGraph(
  traceModel: (scope: Scope) => DecoderResult,
  options: WeightedOptions,
  detail: RoutingDetail,
  choose: ChooseLayers = (all) => ({ layers: all, prefixLayers: [] }),
): Promise<DecoderSession> {
  const { scope, trace } = createScope({ training: false });
  const { logits, cache } = traceModel(scope);
  const { layers, prefixLayers } = choose(detail === "none" ? [] : layersOf(trace.taps.keys()));
  const outputs = {
    logits,
    ...Object.fromEntries(cache.map(({ keys }, layer) => [`keys.${layer}`, keys])),
    ...Object.fromEntries(cache.map(({ values }, layer) => [`values.${layer}`, values])),
    ...routingOutputs(trace, [...layers, ...prefixLayers], detail),
  };
  const { session, given } = await createWeightedSession(outputs, options);
  return {
    session,
    weights: given,
    layers: routedLayerSizes(trace, layers),
    prefixLayers: routedLayerSizes(trace, prefixLayers),
  };
}

/** Layers of the prefill graph that do not read sequence tokens. */
function layersOfPrefix(model: LanguageModel, layers: readonly string[]): string[] {
  const { scope, trace } = createScope({ training: false });
  tracePrefill(scope, model, 1);
  return layersOf(trace.taps.keys()).filter((layer) => !layers.includes(layer));
}
