import { defined } from "../../graph/defined.ts";
import { usageError } from "../../graph/errors.ts";
import { checkSpecials } from "./assemble.ts";
import { maxTokens } from "./bpe.ts";
import { learnBpe } from "./bpe-learn.ts";
import { learnCharacters } from "./character.ts";
import type { SpecialName, TokenizerState } from "./tokenizer.ts";
import { learnWords } from "./word.ts";

/** Tokenizers whose vocabulary is learnt from texts. */
export const learnedKinds = ["character", "byte", "word", "bpe"] as const;
/** The kind of a learnt tokenizer. */
export type LearnedKind = (typeof learnedKinds)[number];

/** Size and special tokens of a learnt vocabulary. */
export interface LearnOptions {
  /**
   * Largest vocabulary of `word` (by default 10,000) and `bpe` (4096), special tokens included; fewer if
   * the texts have fewer. The other kinds have as many tokens as they need.
   */
  readonly vocabularySize?: number;
  /** By default none for `character`, pad for `bpe`, pad and unknown for `word`, pad, start and end for `byte`. */
  readonly specials?: readonly SpecialName[];
  /** How often a word (by default 1) or a pair of tokens (2) must occur to become a token. */
  readonly minimumCount?: number;
  /** `bpe` in lower case, by default false; `word` always is. */
  readonly lowerCase?: boolean;
  /** Called after each merge of `bpe` with the number of merges and the most that are wanted. */
  readonly onProgress?: (done: number, total: number) => void;
}

const defaultSpecials: Readonly<Record<LearnedKind, readonly SpecialName[]>> = {
  character: [],
  byte: ["pad", "start", "end"],
  word: ["pad", "unknown"],
  bpe: ["pad"],
};

/**
 * The state of a tokenizer fitted to training texts; the same texts give the same state, in any order.
 *
 * @example
 * const tokenizer = createTokenizer(learnTokenizer("character", ["to be"]));
 * tokenizer.encode("bet"); // [1, 2, 4]
 */
export function learnTokenizer(
  kind: LearnedKind,
  texts: Iterable<string>,
  options: LearnOptions = {},
): TokenizerState {
  const specials = options.specials ?? defaultSpecials[kind] ?? [];
  checkSpecials(specials);
  const room = (vocabularySize: number, fixed: number): number => {
    const least = fixed + specials.length + 1;
    if (
      Number.isInteger(vocabularySize) &&
      vocabularySize >= least &&
      vocabularySize <= maxTokens
    ) {
      return vocabularySize - fixed - specials.length;
    }
    throw usageError(
      `a ${kind} tokenizer with ${specials.length} special tokens has a vocabulary of ${least} to ${maxTokens}, got ${vocabularySize}`,
    );
  };
  switch (kind) {
    case "character":
      return learnCharacters(texts, specials);
    case "byte":
      return { kind, specials };
    case "word": {
      const { vocabularySize = 10_000, minimumCount = 1 } = options;
      return learnWords(texts, { maxWords: room(vocabularySize, 0), minimumCount, specials });
    }
    case "bpe": {
      const { vocabularySize = 4096, minimumCount = 2, lowerCase = false } = options;
      const maxMerges = room(vocabularySize, 256);
      return learnBpe(texts, {
        maxMerges,
        minimumCount,
        lowerCase,
        specials,
        ...defined({ onProgress: options.onProgress }),
      });
    }
    default:
      throw usageError(
        `a tokenizer of kind "${kind}" cannot be learnt; ${learnedKinds.join(", ")} can`,
      );
  }
}
