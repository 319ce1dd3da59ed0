/** Tokenises captions for caption scores. */

/**
 * Letters and digits, joined as in "t-shirt", "dog's" and "3.5"; a separate ending, as in "the dog
 * 's ball"; or a symbol that is read as a word.
 */
const word =
  /[\p{L}\p{M}\p{N}]+(?:(?:['\-/]|(?<=\p{N})[.,:](?=\p{N}))[\p{L}\p{M}\p{N}]+)*|(?<=\s)'(?:s|m|re|ve|ll|d)(?=\s)|[&%#$@+=]/gu;
const contraction = /(n't|'s|'m|'re|'ve|'ll|'d)$/;

/**
 * The words of a caption: lower case, without punctuation, contractions split as in the Penn
 * Treebank.
 *
 * It approximates the Stanford PTBTokenizer of coco-caption: it returns the same words for plain
 * English captions and differs in rare ones, such as abbreviations and "cannot".
 *
 * @example
 * tokenizeCaption("A man doesn't see the dog's ball.");
 * // ["a", "man", "does", "n't", "see", "the", "dog", "'s", "ball"]
 */
export function tokenizeCaption(caption: string): string[] {
  const text = caption.toLowerCase().replace(/[\u2018\u2019]/g, "'");
  return (text.match(word) ?? []).flatMap((found) => found.split(contraction).filter(Boolean));
}
