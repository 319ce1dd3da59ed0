/** Data sets with random access to samples: images, sentences, one long text or points. */

/** A part of a data set. */
export type Split = "train" | "validation" | "test";

/** One drawn object of a generated image; lengths are fractions of the image side. */
export interface ObjectAttributes {
  readonly shape: string;
  readonly color: string;
  readonly texture: string;
  /** Side of the object; objects of equal size have equal areas. */
  readonly size: number;
  readonly sizeName: string;
  /** Centre, from the left and from the top. */
  readonly x: number;
  readonly y: number;
  /** Clockwise, radians. */
  readonly rotation: number;
}

/** One image with its class. */
export interface ImageSample {
  /** Bytes by row, column, channel; one channel is grey, three are red, green, blue. */
  readonly image: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Index into `classNames`. */
  readonly label: number;
  /** Sentences that each describe the image. */
  readonly captions?: readonly string[];
  readonly attributes?: readonly ObjectAttributes[];
  readonly domain?: string;
  /** Position in the split. */
  readonly index: number;
}

/** The size of an image in pixels and channels. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** The domains of samples, such as photos and sketches. */
export interface SampleDomains {
  readonly names: readonly string[];
  /** Domain of the sample at an index, as an index into `names`; does not draw or decode the sample. */
  of(index: number): number;
}

/** Images, with classes or captions or both. */
export interface ImageDataset {
  readonly kind: "image";
  readonly name: string;
  readonly split: Split;
  readonly length: number;
  readonly classNames: readonly string[];
  readonly imageShape: ImageShape;
  /** Captions of the sample at an index, if they can be read without its image. */
  captionsOf?(index: number): readonly string[];
  /** The sample at an index in [0, length); equal for equal indices. */
  get(index: number): ImageSample;
  /** Present if samples have a domain. */
  readonly domains?: SampleDomains;
  /** The decoded bytes in shared memory, if the set keeps them: workers open these instead of files. */
  readonly shared?: SharedImages;
}

/** One sentence with its class. */
export interface TextSample {
  readonly text: string;
  /** Index into `classNames`. */
  readonly label: number;
  /** Position in the split. */
  readonly index: number;
}

/** Sentences with classes. */
export interface TextDataset {
  readonly kind: "text";
  readonly name: string;
  readonly split: Split;
  readonly length: number;
  readonly classNames: readonly string[];
  /** The sample at an index in [0, length). */
  get(index: number): TextSample;
}

/** One long text, to be read in windows. */
export interface StreamDataset {
  readonly kind: "stream";
  readonly name: string;
  readonly split: Split;
  readonly text: string;
}

/** One point with its class. */
export interface PointSample {
  /** One value per entry of `featureNames`. */
  readonly features: Float32Array;
  /** Index into `classNames`. */
  readonly label: number;
  /** Position in the split. */
  readonly index: number;
}

/** Vectors of a few numbers, with classes. */
export interface PointsDataset {
  readonly kind: "points";
  readonly name: string;
  readonly split: Split;
  readonly length: number;
  readonly classNames: readonly string[];
  readonly featureNames: readonly string[];
  /** The sample at an index in [0, length). */
  get(index: number): PointSample;
  /** The most probable class at a point, if the distribution is known. */
  optimalLabel?(features: ArrayLike<number>): number;
}

/** A data set of any kind, named by `kind`. */
export type Dataset = ImageDataset | TextDataset | StreamDataset | PointsDataset;

/** Decoded images of one size with their labels, over shared memory. */
export interface SharedImages {
  readonly name: string;
  readonly split: Split;
  readonly imageShape: ImageShape;
  /** All images of the stored file, one after another. */
  readonly images: Uint8Array;
  readonly labels: Uint8Array | Uint16Array;
  /** Sentences of the stored images, if there are any. */
  readonly captions?: readonly (readonly string[])[];
  /** Domains of the stored images, if any. */
  readonly domains?: readonly string[];
  /** Positions in the stored file that belong to the split. */
  readonly members: Uint32Array;
}

/** Captions of a sample, read without its image if possible; empty if it has none. */
export function sampleCaptions(dataset: ImageDataset, index: number): readonly string[] {
  return dataset.captionsOf?.(index) ?? dataset.get(index).captions ?? [];
}

/**
 * Checks the index of a sample.
 *
 * @throws RangeError for an index outside the set
 */
export function checkIndex(index: number, length: number, name: string): void {
  if (!Number.isInteger(index) || index < 0 || index >= length) {
    throw new RangeError(`${name} has samples 0 to ${length - 1}, got index ${index}`);
  }
}
