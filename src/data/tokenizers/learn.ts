import { defined } from "../../graph/defined.ts";
import { usageError } from "../../graph/errors.ts";
import { checkSpecials } from "./assemble.ts";
import { maxTokens } from "./bpe.ts";
import { learnBpe } from "./bpe-learn.ts";
import { learnCharacters } from "./character.ts";
import type { SpecialName, TokenizerState } from "./tokenizer.ts";
import { learnWords } from "./word.ts";

/** Kinds of tokenizers whose vocabulary is learned from texts. */
export const learnedKinds = ["character", "byte", "word", "bpe"] as const;
/** The kind of a learned tokenizer. */
export type LearnedKind = (typeof learnedKinds)[number];

/** Size and special tokens of a learned vocabulary. */
export interface LearnOptions {
  /**
   * Maximum vocabulary of `word` (by default 10,000) and `bpe` (4096), including special tokens; the
   * texts may yield fewer. Other kinds determine their own size.
   */
  readonly vocabularySize?: number;
  /**
   * By default none for `character`, pad for `bpe`, pad and unknown for `word`, pad, start and end for
   * `byte`.
   */
  readonly specials?: readonly SpecialName[];
  /** Minimum occurrences of a word (by default 1) or a pair of tokens (2) to become a token. */
  readonly minimumCount?: number;
  /** Lower-cases `bpe` texts, by default false; `word` always does. */
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
 * The state of a tokenizer fitted to training texts; it does not depend on their order.
 *
 * @throws UserError (exit code 2) for an invalid vocabulary size or a kind that cannot be learned
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
        `a tokenizer of kind "${kind}" cannot be learned; choose ${learnedKinds.join(", ")}`,
      );
  }
}
