/**
 * A trained model that runs on single images and texts and reports its routing, in Node and in
 * browsers.
 *
 * Letters: `S` patches or tokens, `E` experts, `K` choices, `C` classes, `P` width of embeddings.
 */

import type { TokenizerState } from "../data/tokenizers/index.ts";
import type { FitMode } from "../data/transforms/index.ts";
import type { RecordedImage } from "../inspect/types/image.ts";
import type { RoutedLayer } from "../inspect/types/routed-layer.ts";
import type { LiveKind } from "../models/define.ts";

export type { LiveKind } from "../models/define.ts";

/** `model.json`, stored beside `weights.safetensors`. */
export interface LiveModelSpec {
  readonly version: 1;
  readonly kind: LiveKind;
  readonly recipe: string;
  /** Step of the checkpoint. */
  readonly step: number;
  /** `model` of the configuration, in snake_case. */
  readonly model: unknown;
  /** `[C, H, W]`, if the model reads images, which are resized to it and then normalised. */
  readonly imageShape?: readonly [number, number, number];
  /**
   * Sizes (rows and columns) to which images are resized in sequence, as in the run: the first is
   * the size in which the run stores images, rounded to bytes. Default: the size of `imageShape`.
   */
  readonly imageSizes?: readonly (readonly [rows: number, columns: number])[];
  /** How images that are no squares become the first of the sizes, if it is a square; by default "squash". */
  readonly imageFit?: FitMode;
  readonly normalize?: { readonly mean: readonly number[]; readonly std: readonly number[] };
  /** Empty if the model has no classes. */
  readonly classNames: readonly string[];
  /** Prompts of each class, if the model compares images with texts of the classes. */
  readonly classPrompts?: readonly string[]; // [C]
  /** Sentences with `{}` for each class, if the model compares images with texts. */
  readonly classTemplates?: readonly string[];
  /** Tokenizer and maximum number of tokens, if the model reads or writes texts. */
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
  /** Display text of each token. */
  readonly tokens: readonly string[]; // [S]
  readonly layers: readonly RoutedLayer[];
  /** Notes on truncated, unknown or empty text, one sentence each. */
  readonly notes: readonly string[];
}

export interface ClassifiedImage {
  readonly probabilities: readonly number[]; // [C]
  readonly routing: RoutedImage;
}

/** A classified image of a batch; routing only if it was asked for. */
export type BatchedImage = Pick<ClassifiedImage, "probabilities"> &
  Partial<Pick<ClassifiedImage, "routing">>;

export interface ClassifiedText {
  readonly probabilities: readonly number[]; // [C]
  readonly routing: RoutedText;
}

/** A classified text of a batch; routing only if it was asked for. */
export type BatchedText = Pick<ClassifiedText, "probabilities"> &
  Partial<Pick<ClassifiedText, "routing">> &
  Pick<RoutedText, "notes">;

/** Whether routing is read for every input of a batch, by default false. */
export interface ClassifyOptions {
  readonly routing?: boolean;
}

export interface EmbeddedImage {
  /** Unit length. */
  readonly embedding: Float32Array; // [P]
  readonly routing: RoutedImage;
}

export interface EmbeddedText {
  /** Unit length. */
  readonly embedding: Float32Array; // [P]
  readonly routing: RoutedText;
}

export interface GenerateRequest {
  /** The image to describe, for captioners. */
  readonly image?: RecordedImage;
  /** The text to continue, for language models, or the start of a caption. */
  readonly prompt?: string;
  readonly maxNewTokens?: number;
  /** 0 selects greedy decoding. */
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed?: number;
}

export interface Generated {
  /** Generated text without the prompt, as `generate` and `caption` print it. */
  readonly text: string;
  /** Routing of the tokens of prompt and text that the model read. */
  readonly routing: RoutedText;
  /** Routing of the image, if the model routes its patches. */
  readonly imageRouting?: RoutedImage;
}

/** Only the abilities of the model's kind are defined. The caller disposes of the model. */
export interface LiveModel {
  readonly spec: LiveModelSpec;
  classifyImage?(image: RecordedImage): Promise<ClassifiedImage>;
  /** Classifies a batch in one run; each answer is that of the image alone. */
  classifyImages?(
    images: readonly RecordedImage[],
    options?: ClassifyOptions,
  ): Promise<BatchedImage[]>;
  classifyText?(text: string): Promise<ClassifiedText>;
  /** Classifies a batch in one run; each answer is that of the text alone. */
  classifyTexts?(texts: readonly string[], options?: ClassifyOptions): Promise<BatchedText[]>;
  embedImage?(image: RecordedImage): Promise<EmbeddedImage>;
  embedImages?(images: readonly RecordedImage[]): Promise<EmbeddedImage[]>;
  embedText?(text: string): Promise<EmbeddedText>;
  /** Logits are `scale * cosine + bias`. */
  readonly similarity?: { readonly scale: number; readonly bias: number };
  /** Calls `onText` with the text so far after each token. */
  generate?(
    request: GenerateRequest,
    options?: { readonly onText?: (text: string) => void; readonly signal?: AbortSignal },
  ): Promise<Generated>;
  dispose(): void;
}
