/** Images and predictions: plain data, safe in a browser. Letter: `C` classes. */

/** Pixels, 0 to 255, row by row with interleaved channels. */
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

/** An image or a text of one cell of the confusion matrix. */
export interface ConfusionSample {
  readonly label: number;
  readonly predicted: number;
  readonly image?: RecordedImage;
  readonly text?: string;
}

/** A generated caption of an image. */
export interface CaptionSample {
  readonly image: RecordedImage;
  readonly caption: string;
  /** Reference captions. */
  readonly references: readonly string[];
}
