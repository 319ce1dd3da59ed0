/** Finding the texts of an image, and the image of a text, by their embeddings. */

export interface Embeddings {
  /** `P`, numbers of a row. */
  readonly width: number;
  /** Rows of length one, one after another. */
  readonly data: ArrayLike<number>;
}

/** Fractions of queries with something that belongs to them among the best 1, 5 and 10. */
export interface RetrievalScores {
  readonly image_to_text_r1: number;
  readonly image_to_text_r5: number;
  readonly image_to_text_r10: number;
  readonly text_to_image_r1: number;
  readonly text_to_image_r5: number;
  readonly text_to_image_r10: number;
}

/**
 * Recall at 1, 5 and 10 in both directions, by cosine.
 *
 * An image is found where any of its texts is among the best; a text where its one image is. Of equal
 * cosines the earlier row counts as the better, so that equal embeddings of all score as chance does.
 *
 * @param images `[N, P]`
 * @param texts `[M, P]`
 * @param owners image of each text, `[M]`
 * @example
 * const all = { width: 2, data: [1, 0, 0, 1] };
 * retrievalScores(all, all, [0, 1]).image_to_text_r1 // 1
 */
export function retrievalScores(
  images: Embeddings,
  texts: Embeddings,
  owners: readonly number[],
): RetrievalScores {
  const numImages = images.data.length / images.width;
  if (images.width !== texts.width || texts.data.length !== owners.length * texts.width) {
    throw new RangeError(
      `retrieval needs rows of one width and an image for each text, got widths ${images.width} and ${texts.width}, ${texts.data.length / texts.width} texts and ${owners.length} owners`,
    );
  }
  const textsOf = Array.from({ length: numImages }, (): number[] => []);
  for (const [text, image] of owners.entries()) textsOf[image]!.push(text);
  const imageRanks = textsOf.flatMap((own, image) => {
    if (own.length === 0) return [];
    return [bestRank(cosines(images, image, texts), own)];
  });
  const textRanks = owners.map((image, text) => bestRank(cosines(texts, text, images), [image]));
  const within = (ranks: readonly number[], k: number): number =>
    ranks.filter((rank) => rank < k).length / ranks.length;
  return {
    image_to_text_r1: within(imageRanks, 1),
    image_to_text_r5: within(imageRanks, 5),
    image_to_text_r10: within(imageRanks, 10),
    text_to_image_r1: within(textRanks, 1),
    text_to_image_r5: within(textRanks, 5),
    text_to_image_r10: within(textRanks, 10),
  };
}

/** Cosines of one row with all rows of the other side. */
function cosines(from: Embeddings, row: number, to: Embeddings): Float64Array {
  const { width } = from;
  const result = new Float64Array(to.data.length / width);
  for (let other = 0; other < result.length; other++) {
    let sum = 0;
    for (let p = 0; p < width; p++) {
      sum += from.data[row * width + p]! * to.data[other * width + p]!;
    }
    result[other] = sum;
  }
  return result;
}

/** How many candidates stand before the best of those wanted. */
function bestRank(scores: Float64Array, wanted: readonly number[]): number {
  const before = (a: number, b: number): boolean =>
    scores[a]! > scores[b]! || (scores[a] === scores[b] && a < b);
  const best = wanted.reduce((a, b) => (before(a, b) ? a : b));
  let rank = 0;
  for (let other = 0; other < scores.length; other++) {
    if (other !== best && before(other, best)) rank += 1;
  }
  return rank;
}
