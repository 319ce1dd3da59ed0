/** The compiled graphs of a decoder, which its states share. */
import type { NdArray } from "../../graph/array.ts";
import type { LanguageModel } from "../../models/language-model.ts";
import type { Session } from "../../runtime/session.ts";
import type { RoutedLayerSizes, RoutingDetail } from "./decoder-routing.ts";

/** What sequences begin with: float32 `[R, ...shape]` as the model says, or one row for all of them. */
export type PrefixRows = NdArray<"float32">;

/** A compiled graph with what it reads besides tokens and cache. */
export interface DecoderSession {
  readonly session: Session;
  /** Weights, which every run is given. */
  readonly weights: Readonly<Record<string, NdArray>>;
  /** Layers over the tokens of the sequences, whose routing is among the outputs. */
  readonly layers: readonly RoutedLayerSizes[];
  /** Layers over tokens of the prefix. */
  readonly prefixLayers: readonly RoutedLayerSizes[];
}

/** The graphs of one decoder. */
export interface DecoderSessions {
  readonly model: LanguageModel;
  readonly detail: RoutingDetail;
  readonly step: DecoderSession;
  /** The graph for prompts of up to `numTokens` tokens, and the number of tokens it is made for. */
  prefill(numTokens: number): Promise<{ readonly compiled: DecoderSession; readonly size: number }>;
}
