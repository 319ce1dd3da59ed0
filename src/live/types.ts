/**
 * A trained model that answers single images and texts, and tells how it routed them; the same in Node
 * and in a browser.
 *
 * Letters: `S` patches or tokens, `E` experts, `K` choices, `C` classes, `P` width of embeddings.
 */

import type { TokenizerState } from "../data/tokenizers/index.ts";
import type { RecordedImage } from "../inspect/types/image.ts";
import type { RoutedLayer } from "../inspect/types/routed-layer.ts";
import type { LiveKind } from "../models/define.ts";

export type { LiveKind } from "../models/define.ts";

/** `model.json`, which stands beside `weights.safetensors`. */
export interface LiveModelSpec {
  readonly version: 1;
  readonly kind: LiveKind;
  readonly recipe: string;
  /** Of the checkpoint. */
  readonly step: number;
  /** `model` of the configuration, in snake_case. */
  readonly model: unknown;
  /** `[C, H, W]`, where the model reads images: they are resized to it, then normalised. */
  readonly imageShape?: readonly [number, number, number];
  /**
   * Rows and columns to which images are resized one after the other, as the run does: first to that in
   * which it keeps them, rounded to bytes. Default: that of `imageShape` alone.
   */
  readonly imageSizes?: readonly (readonly [rows: number, columns: number])[];
  readonly normalize?: { readonly mean: readonly number[]; readonly std: readonly number[] };
  /** Empty where the model knows no classes. */
  readonly classNames: readonly string[];
  /** What the model reads of each class, where it compares images with descriptions of classes. */
  readonly classPrompts?: readonly string[]; // [C]
  /** How texts become tokens, where the model reads or writes any, and how many it takes at most. */
  readonly tokenizer?: TokenizerState;
  readonly contextLength?: number;
}

/** Layers over the patches of one image, row by row. */
export interface RoutedImage {
  readonly rows: number;
  readonly cols: number;
  readonly layers: readonly RoutedLayer[];
}

/** Layers over the tokens of one text. */
export interface RoutedText {
  /** As people read them. */
  readonly tokens: readonly string[]; // [S]
  readonly layers: readonly RoutedLayer[];
  /** What was cut, unknown or empty, in one sentence each. */
  readonly notes: readonly string[];
}

export interface ClassifiedImage {
  readonly probabilities: readonly number[]; // [C]
  readonly routing: RoutedImage;
}

export interface ClassifiedText {
  readonly probabilities: readonly number[]; // [C]
  readonly routing: RoutedText;
}

export interface EmbeddedImage {
  /** Of length one. */
  readonly embedding: Float32Array; // [P]
  readonly routing: RoutedImage;
}

export interface EmbeddedText {
  /** Of length one. */
  readonly embedding: Float32Array; // [P]
  readonly routing: RoutedText;
}

export interface GenerateRequest {
  /** What captions describe. */
  readonly image?: RecordedImage;
  /** What language models continue. */
  readonly prompt?: string;
  readonly maxNewTokens?: number;
  /** 0 is greedy. */
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed?: number;
}

export interface Generated {
  /** Prompt left out, as `generate` and `caption` print it. */
  readonly text: string;
  /** Of the tokens of prompt and text that the model saw and read. */
  readonly routing: RoutedText;
  /** Of the image, where the model routes its patches. */
  readonly imageRouting?: RoutedImage;
}

/** What a model of each kind can do is there, the rest is not. The caller disposes of it. */
export interface LiveModel {
  readonly spec: LiveModelSpec;
  classifyImage?(image: RecordedImage): Promise<ClassifiedImage>;
  classifyText?(text: string): Promise<ClassifiedText>;
  embedImage?(image: RecordedImage): Promise<EmbeddedImage>;
  embedText?(text: string): Promise<EmbeddedText>;
  /** Logits of embeddings are `scale * cosine + bias`. */
  readonly similarity?: { readonly scale: number; readonly bias: number };
  /** Tells the text so far after each token. */
  generate?(
    request: GenerateRequest,
    options?: { readonly onText?: (text: string) => void; readonly signal?: AbortSignal },
  ): Promise<Generated>;
  dispose(): void;
}
