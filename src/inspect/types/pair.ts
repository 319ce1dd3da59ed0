/** Galleries and retrieval examples of image-text models: plain data, safe in a browser. */
import type { RecordedImage } from "./image.ts";

/** A patch with a high router probability. */
export interface GalleryPatch {
  /** Pixels of the patch only. */
  readonly image: RecordedImage;
  /** Index of its image in the split. */
  readonly index: number;
  /** Index of the patch in the image, row by row. */
  readonly patch: number;
  /** Probability of the expert, 0 to 1. */
  readonly probability: number;
}

/** A word that an expert receives more often than average. */
export interface GalleryWord {
  readonly text: string;
  /** Occurrences whose first choice is the expert. */
  readonly count: number;
  /** All its occurrences. */
  readonly total: number;
}

/** Typical tokens of one expert. */
export interface ExpertGallery {
  readonly expert: number;
  /** Number of patches and words whose first choice is the expert. */
  readonly numPatches: number;
  readonly numWords: number;
  /** Patches in descending order of probability, from different images if possible. */
  readonly patches: readonly GalleryPatch[];
  /** Words, most typical first. */
  readonly words: readonly GalleryWord[];
}

/** Typical tokens of each expert of one layer. */
export interface LayerGallery {
  readonly layer: string;
  /** Number of tokens seen, including tokens without an expert. */
  readonly numPatches: number;
  readonly numWords: number;
  readonly experts: readonly ExpertGallery[]; // [E]
}

/** Nearest texts of some images, and nearest images of some texts. */
export interface RetrievalSamples {
  readonly split: string;
  /** Size of the searched set. */
  readonly numImages: number;
  readonly numTexts: number;
  readonly byText: readonly ImagesOfText[];
  readonly byImage: readonly TextsOfImage[];
}

/** A text query with its nearest images. */
export interface ImagesOfText {
  readonly text: string;
  /** Best rank of the images with its caption, starting at 1. */
  readonly rank: number;
  /** Nearest first. */
  readonly images: readonly (RetrievalMatch & { readonly image: RecordedImage })[];
}

/** An image query with its nearest texts. */
export interface TextsOfImage {
  readonly image: RecordedImage;
  /** Best rank of its own captions, starting at 1. */
  readonly rank: number;
  /** Nearest first. */
  readonly texts: readonly (RetrievalMatch & { readonly text: string })[];
}

export interface RetrievalMatch {
  /** Cosine similarity of the embeddings. */
  readonly score: number;
  /** Whether the image and the text belong together. */
  readonly own: boolean;
}
