/** The compiled graphs of a decoder, shared by its states. */
import type { NdArray } from "../../graph/array.ts";
import type { LanguageModel } from "../../models/language-model.ts";
import type { Session } from "../../runtime/session.ts";
import type { RoutedLayerSizes, RoutingDetail } from "./decoder-routing.ts";

/**
 * Prefix of the sequences: float32 `[R, ...shape]`, with the model's prefix shape, or one row for
 * all.
 */
export type PrefixRows = NdArray<"float32">;

/** A compiled graph with its constant inputs. */
export interface DecoderSession {
  readonly session: Session;
  /** Weights, which are inputs of every run. */
  readonly weights: Readonly<Record<string, NdArray>>;
  /** Layers over sequence tokens whose routing is among the outputs. */
  readonly layers: readonly RoutedLayerSizes[];
  /** Layers over prefix tokens whose routing is among the outputs. */
  readonly prefixLayers: readonly RoutedLayerSizes[];
}

/** The graphs of one decoder. */
export interface DecoderSessions {
  readonly model: LanguageModel;
  readonly detail: RoutingDetail;
  readonly step: DecoderSession;
  /** The graph for prompts of up to `numTokens` tokens, with its capacity in tokens. */
  prefill(numTokens: number): Promise<{ readonly compiled: DecoderSession; readonly size: number }>;
}
