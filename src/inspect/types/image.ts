/** Images and what models made of them: plain data, safe in a browser. Letter: `C` classes. */

/** Pixels, 0 to 255, row by row with the channels of a pixel side by side. */
export interface RecordedImage {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
  readonly channels: number;
  /** `height * width * channels` bytes. */
  readonly data: Uint8Array;
}

/** One classified image. */
export interface Prediction {
  readonly image: RecordedImage;
  readonly label: number;
  readonly predicted: number;
  /** One probability per class, 0 to 1. */
  readonly probabilities: readonly number[]; // [C]
}

/** What was taken for the class of one cell of the confusion matrix: an image or a text. */
export interface ConfusionSample {
  readonly label: number;
  readonly predicted: number;
  readonly image?: RecordedImage;
  readonly text?: string;
}

/** A caption that a model made of an image. */
export interface CaptionSample {
  readonly image: RecordedImage;
  readonly caption: string;
  /** What people said of it. */
  readonly references: readonly string[];
}
