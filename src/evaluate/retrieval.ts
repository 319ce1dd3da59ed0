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

/** Texts and images that match each other. */
export interface RetrievalMatches {
  /** Texts that match each image, ascending, `[N]` lists; empty for an image without texts. */
  readonly textsOf: readonly (readonly number[])[];
  /** Images that match each text, ascending, `[M]` lists. */
  readonly imagesOf: readonly (readonly number[])[];
}

/**
 * The matches of images and their texts.
 *
 * Equal captions are one text: each matches the images of all of them. Without `captions` a text
 * matches its own image only.
 *
 * @param owners image of each text, `[M]`
 * @param captions the texts, `[M]`
 */
export function retrievalMatches(
  numImages: number,
  owners: readonly number[],
  captions?: readonly string[],
): RetrievalMatches {
  const groups = new Map<string | number, { readonly texts: number[]; images: number[] }>();
  const groupOf = owners.map((image, text) => {
    const key = captions?.[text] ?? text;
    const group = groups.get(key) ?? { texts: [], images: [] };
    groups.set(key, group);
    group.texts.push(text);
    group.images.push(image);
    return group;
  });
  for (const group of groups.values()) group.images = ascending(group.images);
  const textsOf = Array.from({ length: numImages }, (): number[] => []);
  for (const { texts, images } of groups.values()) {
    for (const image of images) textsOf[image] = textsOf[image]!.concat(texts);
  }
  return { textsOf: textsOf.map(ascending), imagesOf: groupOf.map(({ images }) => images) };
}

/** The different numbers of a list, in ascending order. */
function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

/**
 * Recall at 1, 5 and 10 in both directions, by cosine.
 *
 * An image query succeeds if any of its texts is among the best; a text query if its image is.
 * Texts with equal captions match the images of each other. Ties rank the earlier row higher, so
 * that constant embeddings score at chance level.
 *
 * @param images `[N, P]`
 * @param texts `[M, P]`
 * @param owners image of each text, `[M]`
 * @param captions the texts, `[M]`. Default: all different.
 * @throws RangeError if the widths differ, or `owners` or `captions` do not fit the texts
 * @example
 * const all = { width: 2, data: [1, 0, 0, 1] };
 * retrievalScores(all, all, [0, 1]).image_to_text_r1 // 1
 */
export function retrievalScores(
  images: Embeddings,
  texts: Embeddings,
  owners: readonly number[],
  captions?: readonly string[],
): RetrievalScores {
  if (images.width !== texts.width || texts.data.length !== owners.length * texts.width) {
    throw new RangeError(
      `retrieval needs rows of one width and one image per text, got widths ${images.width} and ${texts.width}, ${countRows(texts)} texts and ${owners.length} owners`,
    );
  }
  if (captions !== undefined && captions.length !== owners.length) {
    throw new RangeError(
      `retrieval needs one caption per text, got ${captions.length} captions of ${owners.length} texts`,
    );
  }
  const { textsOf, imagesOf } = retrievalMatches(countRows(images), owners, captions);
  const imageRanks: number[] = [];
  const textRanks = new Array<number>(owners.length).fill(0);
  const best = imagesOf.map((wanted, text) => bestImage(images, texts, text, wanted));
  forEachRow(images, texts, (image, cosines) => {
    if (textsOf[image]!.length > 0) imageRanks.push(bestRank(cosines, textsOf[image]!));
    for (const [text, own] of best.entries()) {
      const cosine = cosines[text]!;
      if (cosine > own.cosine || (cosine === own.cosine && image < own.image)) {
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

/** The nearest of the matching images of a text; the cosine is bit-equal to that of all pairs. */
function bestImage(
  images: Embeddings,
  texts: Embeddings,
  text: number,
  wanted: readonly number[],
): { readonly image: number; readonly cosine: number } {
  const { width } = images;
  let best = { image: -1, cosine: Number.NEGATIVE_INFINITY };
  for (const image of wanted) {
    let cosine = 0;
    for (let p = 0; p < width; p++) {
      const [x, y] = [images.data[image * width + p]!, texts.data[text * width + p]!];
      cosine += Math.fround(x) * Math.fround(y);
    }
    if (cosine > best.cosine) best = { image, cosine };
  }
  return best;
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
