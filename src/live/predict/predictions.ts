/** Answers of trained models, one type per kind of answer. */
import type { RecordedImage } from "../../inspect/types/image.ts";
import type { GenerateRequest, LiveModelSpec, RoutedImage, RoutedText } from "../types.ts";

/** A class and its probability, 0 to 1. */
export interface PredictedClass {
  readonly label: string;
  readonly probability: number;
}

/** The most probable classes of an image or a text, best first. */
export interface ClassesPrediction {
  readonly kind: "classes";
  readonly classes: readonly PredictedClass[];
  /** Notes on the input, such as a text that was cut; one sentence each. */
  readonly notes: readonly string[];
  /** Present if options ask for it. */
  readonly routing?: RoutedImage | RoutedText;
}

/** A text, its cosine with the image, and its probability among the texts. */
export interface SimilarText {
  readonly text: string;
  /** -1 to 1. */
  readonly similarity: number;
  /** Softmax over all given texts, 0 to 1. */
  readonly probability: number;
}

/** The texts that fit an image best, best first. */
export interface SimilaritiesPrediction {
  readonly kind: "similarities";
  readonly texts: readonly SimilarText[];
  readonly notes: readonly string[];
  readonly routing?: RoutedImage;
}

/** The caption of an image, or the continuation of a text without the text itself. */
export interface TextPrediction {
  readonly kind: "text";
  readonly text: string;
  readonly notes: readonly string[];
  readonly routing?: RoutedText;
  /** The routing of the patches, for captioners that route them. */
  readonly imageRouting?: RoutedImage;
}

export type Prediction = ClassesPrediction | SimilaritiesPrediction | TextPrediction;

export interface PredictOptions
  extends Pick<GenerateRequest, "maxNewTokens" | "temperature" | "topK" | "topP" | "seed"> {
  /** Maximum number of classes or texts per answer, best first. Default 5. */
  readonly top?: number;
  /** Texts to compare images with. Default: the classes of the run. */
  readonly texts?: readonly string[];
  /** Whether answers hold the experts of each patch or token. Default false. */
  readonly routing?: boolean;
  /** Inputs per run of the model. Default 64. */
  readonly batchSize?: number;
}

/**
 * A trained model that answers single inputs or lists; an answer does not depend on its batch. The
 * caller disposes of it.
 */
export interface LoadedModel<Image> {
  readonly spec: LiveModelSpec;
  /** Whether inputs are images; they are texts otherwise. */
  readonly readsImages: boolean;
  /**
   * Answers one input.
   *
   * @throws UserError if the input cannot be read or does not fit the kind of the model
   */
  predict(input: Image | string, options?: PredictOptions): Promise<Prediction>;
  /** Answers a list, in its order. */
  predict(inputs: readonly (Image | string)[], options?: PredictOptions): Promise<Prediction[]>;
  dispose(): void;
  [Symbol.dispose](): void;
}

/** Reads what users give as an image. */
export type DecodeImage<Image> = (image: Image | string) => Promise<RecordedImage>;
