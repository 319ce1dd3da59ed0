import { UserError } from "../../graph/errors.ts";
import { assemble } from "./assemble.ts";
import { joinBytes } from "./byte.ts";
import type { BpeState, Tokenizer } from "./tokenizer.ts";

/** Upper bound of ids, so that a pair of ids fits in one exact number. */
export const maxTokens = 65_536;
const maxTokenBytes = 1024;
const maxCachedPieces = 50_000;

/**
 * Tokens never cross the borders of these pieces: contractions, words with a leading space,
 * up to three digits, punctuation, spaces. The pieces cover the whole text. Their bounded lengths
 * keep encoding linear in the text.
 */
const piecePattern =
  /'(?:[sdmt]|ll|ve|re)| ?[\p{L}\p{M}]{1,64}| ?\p{N}{1,3}| ?[^\s\p{L}\p{M}\p{N}]{1,64}|\s{1,64}(?!\S)|\s{1,64}/gu;

/** The pieces of a text that are encoded one by one. */
export function splitPieces(text: string, lowerCase: boolean): string[] {
  return (lowerCase ? text.toLowerCase() : text).match(piecePattern) ?? [];
}

/** A pair of token ids as one number. */
export function pairKey(left: number, right: number): number {
  return left * maxTokens + right;
}

/** `tokens` with every `left, right` in a row replaced by `joined`, from the left. */
export function mergePair(
  tokens: readonly number[],
  left: number,
  right: number,
  joined: number,
): number[] {
  const merged: number[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const pair = tokens[at] === left && tokens[at + 1] === right;
    merged.push(pair ? joined : tokens[at]!);
    if (pair) at++;
  }
  return merged;
}

/**
 * A tokenizer by byte pair encoding (Sennrich, Haddow and Birch, arXiv:1508.07909, section 3.2) over
 * UTF-8 bytes; it can encode any text.
 */
export function bpeTokenizer(state: BpeState): Tokenizer {
  const tokenBytes = expandMerges(state.merges);
  const joinedIds = new Map(
    state.merges.map(([left, right], rank) => [pairKey(left, right), 256 + rank]),
  );
  const encoder = new TextEncoder();
  const cache = new Map<string, readonly number[]>();

  const encodePiece = (piece: string): readonly number[] => {
    let tokens: number[] = Array.from(encoder.encode(piece));
    for (;;) {
      let best = Number.POSITIVE_INFINITY;
      for (let at = 0; at + 1 < tokens.length; at++) {
        const joined = joinedIds.get(pairKey(tokens[at]!, tokens[at + 1]!));
        if (joined !== undefined && joined < best) best = joined;
      }
      if (best === Number.POSITIVE_INFINITY) return tokens;
      const [left, right] = state.merges[best - 256]!;
      tokens = mergePair(tokens, left, right, best);
    }
  };

  return assemble({
    state,
    numOrdinary: tokenBytes.length,
    encode(text) {
      const ids: number[] = [];
      for (const piece of splitPieces(text, state.lowerCase)) {
        let tokens = cache.get(piece);
        if (tokens === undefined) {
          tokens = encodePiece(piece);
          if (cache.size >= maxCachedPieces) cache.clear();
          cache.set(piece, tokens);
        }
        for (const token of tokens) ids.push(token);
      }
      return ids;
    },
    join: (tokens) => joinBytes(tokens, (id) => tokenBytes[id]!),
  });
}

/** The bytes of every ordinary token; refuses merges of later tokens and too long tokens. */
function expandMerges(merges: BpeState["merges"]): number[][] {
  const bytes = Array.from({ length: 256 }, (_, byte) => [byte]);
  if (bytes.length + merges.length > maxTokens) {
    throw new UserError(`a tokenizer has at most ${maxTokens} tokens, got ${merges.length} merges`);
  }
  for (const [rank, [left, right]] of merges.entries()) {
    const [head, tail] = [bytes[left], bytes[right]];
    if (head === undefined || tail === undefined) {
      throw new UserError(
        `merge ${rank} joins tokens ${left} and ${right}, but only 0 to ${bytes.length - 1} exist before it`,
      );
    }
    if (head.length + tail.length > maxTokenBytes) {
      throw new UserError(`merge ${rank} makes a token of more than ${maxTokenBytes} bytes`);
    }
    bytes.push([...head, ...tail]);
  }
  return bytes;
}
