/** Chooses retrieval examples for reports. */
import { bestRank, retrievalMatches } from "../evaluate/retrieval.ts";
import { cosineMatrix, countRows, type Embeddings, largest } from "../evaluate/similarity.ts";
import type { RecordedImage } from "./types/image.ts";
import type { RetrievalMatch, RetrievalSamples } from "./types/pair.ts";

export interface RetrievalSamplesOptions {
  readonly split: string;
  /** Unit-length rows. */
  readonly images: Embeddings; // [N, P]
  readonly texts: Embeddings; // [M, P]
  /** Row of the image that each text describes. */
  readonly owners: readonly number[]; // [M]
  readonly captions: readonly string[]; // [M]
  /** Returns the pixels of a row of `images`; called for displayed images only. */
  readonly imageOf: (row: number) => RecordedImage;
  /** Maximum number of queries per direction. Default 6. */
  readonly queries?: number;
  /** Number of images per text query. Default 5. */
  readonly imagesShown?: number;
  /** Number of texts per image query. Default 3. */
  readonly textsShown?: number;
}

/**
 * Nearest images for some texts, and nearest texts for some images, by cosine similarity. Ties go
 * to the earlier row, and equal captions match the images of each other, as in `retrievalScores`.
 * Queries are spread evenly over the split, so that
 * they are representative; the two directions use different images.
 */
export function retrievalSamples(options: RetrievalSamplesOptions): RetrievalSamples {
  const { split, images, texts, owners, captions, imageOf } = options;
  const { queries = 6, imagesShown = 5, textsShown = 3 } = options;
  const numImages = countRows(images);
  const { textsOf, imagesOf } = retrievalMatches(numImages, owners, captions);
  const captioned = [...textsOf.keys()].filter((image) => textsOf[image]!.length > 0);
  return {
    split,
    numImages,
    numTexts: owners.length,
    byText: spread(owners.length, queries, 0).map((text) => {
      const scores = cosineMatrix(rowOf(texts, text), images);
      const own = imagesOf[text]!;
      return {
        text: captions[text]!,
        rank: bestRank(scores, own) + 1,
        images: nearest(scores, imagesShown, own).map(({ row, ...match }) => ({
          ...match,
          image: imageOf(row),
        })),
      };
    }),
    byImage: spread(captioned.length, queries, 0.5).map((place) => {
      const image = captioned[place]!;
      const scores = cosineMatrix(rowOf(images, image), texts);
      const own = textsOf[image]!;
      return {
        image: imageOf(image),
        rank: bestRank(scores, own) + 1,
        texts: nearest(scores, textsShown, own).map(({ row, ...match }) => ({
          ...match,
          text: captions[row]!,
        })),
      };
    }),
  };
}

/** Indices below `length`, spread by the golden ratio to avoid any period of the data set. */
function spread(length: number, most: number, offset: number): number[] {
  const chosen = new Set<number>();
  for (let i = 0; chosen.size < Math.min(length, most); i++) {
    chosen.add(Math.floor(((offset + i * 0.618_033_988_75) % 1) * length));
  }
  return [...chosen].sort((a, b) => a - b);
}

function rowOf({ width, data }: Embeddings, row: number): Embeddings {
  return { width, data: Array.from({ length: width }, (_, p) => data[row * width + p]!) };
}

function nearest(
  scores: Float64Array,
  most: number,
  own: readonly number[],
): (RetrievalMatch & { readonly row: number })[] {
  return largest(scores, most).map((row) => ({
    row,
    score: scores[row]!,
    own: own.includes(row),
  }));
}
