/** What reports show of models that read images and texts: plain data, safe in a browser. */
import type { RecordedImage } from "./image.ts";

/** A patch that a router is sure of. */
export interface GalleryPatch {
  /** Its pixels alone. */
  readonly image: RecordedImage;
  /** Place of its image in the split. */
  readonly index: number;
  /** Place in the image, row by row. */
  readonly patch: number;
  /** Probability of the expert, 0 to 1. */
  readonly probability: number;
}

/** A word that goes to an expert more often than words do on average. */
export interface GalleryWord {
  readonly text: string;
  /** Occurrences whose first choice is the expert. */
  readonly count: number;
  /** All its occurrences. */
  readonly total: number;
}

/** What is typical of one expert. */
export interface ExpertGallery {
  readonly expert: number;
  /** Patches and words whose first choice it is. */
  readonly numPatches: number;
  readonly numWords: number;
  /** The surest first, of different images as far as there are. */
  readonly patches: readonly GalleryPatch[];
  /** The most typical first. */
  readonly words: readonly GalleryWord[];
}

/** What is typical of each expert of one layer. */
export interface LayerGallery {
  readonly layer: string;
  /** Tokens that were seen, also those without an expert. */
  readonly numPatches: number;
  readonly numWords: number;
  readonly experts: readonly ExpertGallery[]; // [E]
}

/** The texts of a split that are nearest to some images, and the other way round. */
export interface RetrievalSamples {
  readonly split: string;
  /** What was searched. */
  readonly numImages: number;
  readonly numTexts: number;
  readonly byText: readonly ImagesOfText[];
  readonly byImage: readonly TextsOfImage[];
}

/** A text and the images that are nearest to it. */
export interface ImagesOfText {
  readonly text: string;
  /** Place of its own image among all, 1 being the nearest. */
  readonly rank: number;
  /** The nearest first. */
  readonly images: readonly (RetrievalMatch & { readonly image: RecordedImage })[];
}

/** An image and the texts that are nearest to it. */
export interface TextsOfImage {
  readonly image: RecordedImage;
  /** Place of the nearest of its own texts among all, 1 being the nearest. */
  readonly rank: number;
  /** The nearest first. */
  readonly texts: readonly (RetrievalMatch & { readonly text: string })[];
}

export interface RetrievalMatch {
  /** Cosine of the embeddings. */
  readonly score: number;
  /** Whether the two belong together. */
  readonly own: boolean;
}
