import { UserError, usageError } from "../../graph/errors.ts";
import { assemble } from "./assemble.ts";
import type { SpecialName, Tokenizer, WordState } from "./tokenizer.ts";

/** Letters and digits with inner apostrophes ("isn't"), or one mark of punctuation. */
const wordPattern = /[\p{L}\p{M}\p{N}]+(?:['\u2019][\p{L}\p{M}]+)*|[^\s\p{L}\p{M}\p{N}]/gu;

/** Lower-cased words and punctuation marks of a text. */
export function splitWords(text: string): string[] {
  return text.toLowerCase().match(wordPattern) ?? [];
}

/** The most frequent words of texts; ties go to the first by code unit. */
export function learnWords(
  texts: Iterable<string>,
  options: { maxWords: number; minimumCount: number; specials: readonly SpecialName[] },
): WordState {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of splitWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const words = [...counts]
    .filter(([, count]) => count >= options.minimumCount)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, options.maxWords)
    .map(([word]) => word);
  return { kind: "word", words, specials: options.specials };
}

/**
 * A tokenizer with one id per word; without an unknown token, other words are refused.
 *
 * @throws UserError for duplicate words, and in `encode` for unknown ones
 */
export function wordTokenizer(state: WordState): Tokenizer {
  const { words } = state;
  const ids = new Map(words.map((word, id) => [word, id]));
  if (ids.size !== words.length) {
    const twice = words.find((word, id) => ids.get(word) !== id);
    throw new UserError(`the tokenizer has the word "${twice}" twice; its words must differ`);
  }
  return assemble({
    state,
    numOrdinary: words.length,
    encode: (text, unknownId) =>
      splitWords(text).map((word, at) => {
        const id = ids.get(word) ?? unknownId;
        if (id !== undefined) return id;
        throw usageError(
          `word ${at + 1} of the text, "${word}", is none of the tokenizer's ${words.length} words; give the tokenizer an unknown token (specials: [unknown])`,
        );
      }),
    join: (tokens) =>
      tokens
        .map((token) => (typeof token === "string" ? token : words[token]!))
        .join(" ")
        .replace(/ (?=[.,:;!?%)\]](?: |$))/g, ""),
  });
}
