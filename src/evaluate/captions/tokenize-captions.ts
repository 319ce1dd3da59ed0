/** The words that caption scores compare. */

/**
 * Letters and digits, joined as in "t-shirt", "dog's" and "3.5"; an ending that stands apart, as in
 * "the dog 's ball"; or a sign that is read as a word.
 */
const word =
  /[\p{L}\p{M}\p{N}]+(?:(?:['\-/]|(?<=\p{N})[.,:](?=\p{N}))[\p{L}\p{M}\p{N}]+)*|(?<=\s)'(?:s|m|re|ve|ll|d)(?=\s)|[&%#$@+=]/gu;
const contraction = /(n't|'s|'m|'re|'ve|'ll|'d)$/;

/**
 * The words of a caption: lower case, without punctuation, contractions apart as in the Penn Treebank.
 *
 * This stands in for the Stanford PTBTokenizer that coco-caption runs: it gives the same words for
 * plain English captions and differs in rarer ones, such as abbreviations and "cannot".
 *
 * @example
 * tokenizeCaption("A man doesn't see the dog's ball.");
 * // ["a", "man", "does", "n't", "see", "the", "dog", "'s", "ball"]
 */
export function tokenizeCaption(caption: string): string[] {
  const text = caption.toLowerCase().replace(/[\u2018\u2019]/g, "'");
  return (text.match(word) ?? []).flatMap((found) => found.split(contraction).filter(Boolean));
}
