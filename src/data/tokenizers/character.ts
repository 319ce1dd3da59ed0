import { UserError, usageError } from "../../graph/errors.ts";
import { assemble } from "./assemble.ts";
import type { CharacterState, SpecialName, Tokenizer } from "./tokenizer.ts";

/** The unique characters of texts, sorted by code point: tiny-shakespeare has 65. */
export function learnCharacters(
  texts: Iterable<string>,
  specials: readonly SpecialName[],
): CharacterState {
  const found = new Set<string>();
  for (const text of texts) for (const character of text) found.add(character);
  const characters = [...found].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!).join("");
  return { kind: "character", characters, specials };
}

/**
 * A tokenizer with one id per character; without an unknown token, other characters are refused.
 *
 * @throws UserError for duplicate characters, and in `encode` for unknown ones
 */
export function characterTokenizer(state: CharacterState): Tokenizer {
  const characters = [...state.characters];
  const ids = new Map(characters.map((character, id) => [character, id]));
  if (ids.size !== characters.length) {
    const twice = characters.find((character, id) => ids.get(character) !== id)!;
    throw new UserError(`the tokenizer has ${name(twice)} twice; its characters must differ`);
  }
  return assemble({
    state,
    numOrdinary: characters.length,
    encode(text, unknownId) {
      const tokens: number[] = [];
      for (const character of text) {
        const id = ids.get(character) ?? unknownId;
        if (id === undefined) {
          throw usageError(
            `${name(character)} at ${placeOf(text, tokens.length)} of the text is none of the tokenizer's ${characters.length} characters; remove it, or give the tokenizer an unknown token (specials: [unknown])`,
          );
        }
        tokens.push(id);
      }
      return tokens;
    },
    join: (tokens) =>
      tokens.map((token) => (typeof token === "string" ? token : characters[token]!)).join(""),
  });
}

/** The position of a character in one line, or its line and column, from 1. */
function placeOf(text: string, index: number): string {
  if (!text.includes("\n")) return `position ${index + 1}`;
  const before = [...text].slice(0, index).join("");
  const line = before.split("\n").length;
  const column = [...before.slice(before.lastIndexOf("\n") + 1)].length + 1;
  return `line ${line}, column ${column}`;
}

function name(character: string): string {
  const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  return `character ${JSON.stringify(character)} (U+${code})`;
}
