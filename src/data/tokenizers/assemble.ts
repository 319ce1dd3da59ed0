import { defined } from "../../graph/defined.ts";
import { usageError } from "../../graph/errors.ts";
import {
  type SpecialName,
  specialNames,
  type Tokenizer,
  type TokenizerState,
} from "./tokenizer.ts";

/** The part of a tokenizer for ordinary tokens; `assemble` adds the special ones. */
export interface TokenizerParts {
  readonly state: TokenizerState & { readonly specials: readonly SpecialName[] };
  /** Ordinary tokens, ids 0 to `numOrdinary - 1`. */
  readonly numOrdinary: number;
  encode(text: string, unknownId: number | undefined): number[];
  /** Text of ordinary ids; strings in the list are special tokens and are kept. */
  join(tokens: readonly (number | string)[]): string;
}

/** A tokenizer from its parts: special ids after the ordinary ones, start and end around each text. */
export function assemble(parts: TokenizerParts): Tokenizer {
  const { state, numOrdinary } = parts;
  checkSpecials(state.specials);
  const idOf = (name: SpecialName): number | undefined => {
    const at = state.specials.indexOf(name);
    return at < 0 ? undefined : numOrdinary + at;
  };
  const [unknownId, startId, endId] = [idOf("unknown"), idOf("start"), idOf("end")];
  const vocabularySize = numOrdinary + state.specials.length;
  return {
    state,
    vocabularySize,
    padId: idOf("pad") ?? 0,
    ...defined({ unknownId, startId, endId }),
    encode(text, { addSpecial = true } = {}) {
      const ids = parts.encode(text, unknownId);
      if (!addSpecial) return ids;
      if (startId !== undefined) ids.unshift(startId);
      if (endId !== undefined) ids.push(endId);
      return ids;
    },
    decode(ids, { skipSpecial = true } = {}) {
      const tokens: (number | string)[] = [];
      for (const id of ids) {
        checkId(id, vocabularySize);
        const special = state.specials[id - numOrdinary];
        if (special === undefined) tokens.push(id);
        else if (!skipSpecial) tokens.push(`<${special}>`);
        else if (special === "unknown") tokens.push("\ufffd");
      }
      return parts.join(tokens);
    },
  };
}

/**
 * Refuses an id outside the vocabulary.
 *
 * @throws RangeError for an id outside the vocabulary
 */
export function checkId(id: number, vocabularySize: number): void {
  if (!Number.isInteger(id) || id < 0 || id >= vocabularySize) {
    throw new RangeError(`token ids are 0 to ${vocabularySize - 1}, got ${id}`);
  }
}

/**
 * Refuses unknown special tokens and duplicates.
 *
 * @throws UserError (exit code 2) for unknown or duplicate names
 */
export function checkSpecials(specials: readonly SpecialName[]): void {
  const wrong = specials.find((name) => !specialNames.includes(name));
  if (wrong !== undefined) {
    throw usageError(`unknown special token "${wrong}"; known are ${specialNames.join(", ")}`);
  }
  if (new Set(specials).size !== specials.length) {
    throw usageError(`special tokens must differ, got ${specials.join(", ")}`);
  }
}
