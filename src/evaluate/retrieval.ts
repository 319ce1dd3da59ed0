/** Image-text retrieval by embeddings. */
import { countRows, type Embeddings, forEachRow } from "./similarity.ts";

/** Fractions of queries with a match among the best 1, 5 and 10. */
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
 * An image query succeeds if any of its texts is among the best; a text query if its image is. Ties
 * rank the earlier row higher, so that constant embeddings score at chance level.
 *
 * @param images `[N, P]`
 * @param texts `[M, P]`
 * @param owners image of each text, `[M]`
 * @throws RangeError if the widths differ or `owners` does not fit the texts
 * @example
 * const all = { width: 2, data: [1, 0, 0, 1] };
 * retrievalScores(all, all, [0, 1]).image_to_text_r1 // 1
 */
export function retrievalScores(
  images: Embeddings,
  texts: Embeddings,
  owners: readonly number[],
): RetrievalScores {
  if (images.width !== texts.width || texts.data.length !== owners.length * texts.width) {
    throw new RangeError(
      `retrieval needs rows of one width and one image per text, got widths ${images.width} and ${texts.width}, ${countRows(texts)} texts and ${owners.length} owners`,
    );
  }
  const textsOf = Array.from({ length: countRows(images) }, (): number[] => []);
  for (const [text, image] of owners.entries()) textsOf[image]!.push(text);
  const imageRanks: number[] = [];
  const textRanks = new Array<number>(owners.length).fill(0);
  const own = ownCosines(images, texts, owners);
  forEachRow(images, texts, (image, cosines) => {
    if (textsOf[image]!.length > 0) imageRanks.push(bestRank(cosines, textsOf[image]!));
    for (let text = 0; text < own.length; text++) {
      const cosine = cosines[text]!;
      if (cosine > own[text]! || (cosine === own[text]! && image < owners[text]!)) {
        textRanks[text]! += 1;
      }
    }
  });
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

/** Cosine of each text with its image, `[M]`, bit-equal to the cosines of all pairs. */
function ownCosines(
  images: Embeddings,
  texts: Embeddings,
  owners: readonly number[],
): Float64Array {
  const { width } = images;
  return Float64Array.from(owners, (image, text) => {
    let sum = 0;
    for (let p = 0; p < width; p++) {
      const [x, y] = [images.data[image * width + p]!, texts.data[text * width + p]!];
      sum += Math.fround(x) * Math.fround(y);
    }
    return sum;
  });
}

/** Number of candidates ranked above the best wanted candidate. */
export function bestRank(scores: Float64Array, wanted: readonly number[]): number {
  const before = (a: number, b: number): boolean =>
    scores[a]! > scores[b]! || (scores[a] === scores[b] && a < b);
  const best = wanted.reduce((a, b) => (before(a, b) ? a : b));
  const score = scores[best]!;
  let rank = 0;
  for (let other = 0; other < scores.length; other++) {
    if (scores[other]! > score || (scores[other] === score && other < best)) rank += 1;
  }
  return rank;
}
