/** What reports and the inspector show of models that read text: plain data, safe in a browser. */

import type { RecordedLayer } from "./routed-layer.ts";

/** A text and what every MoE layer made of its tokens. */
export interface TokenTrace {
  /** As people read them; together they need not be the text. */
  readonly tokens: readonly string[]; // [S]
  readonly layers: readonly RecordedLayer[];
  /** Class of the text, and what the model took it for. */
  readonly label?: number;
  readonly predicted?: number;
}

/** One classified text. */
export interface TextPrediction {
  readonly text: string;
  readonly label: number;
  readonly predicted: number;
  /** Of the predicted class, 0 to 1. */
  readonly probability: number;
}

/** A text that a language model made. */
export interface TextSample {
  readonly temperature: number;
  readonly prompt: string;
  /** What follows the prompt. */
  readonly text: string;
}

/** What the loss of a language model, in nats per token, is to be read with. */
export interface LanguageUnits {
  /** Characters of the evaluated text over its tokens. */
  readonly charactersPerToken: number;
}
