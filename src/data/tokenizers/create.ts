import { UserError, usageError } from "../../graph/errors.ts";
import { bpeTokenizer } from "./bpe.ts";
import { byteTokenizer } from "./byte.ts";
import { characterTokenizer } from "./character.ts";
import type { Tokenizer, TokenizerState } from "./tokenizer.ts";
import { wordTokenizer } from "./word.ts";

/**
 * A tokenizer from its state. CLIP's vocabulary is in a file: use `openTokenizer` or
 * `createClipTokenizer` for it.
 *
 * @throws UserError for CLIP's state or an unknown kind
 */
export function createTokenizer(state: TokenizerState): Tokenizer {
  switch (state.kind) {
    case "character":
      return characterTokenizer(state);
    case "byte":
      return byteTokenizer(state);
    case "word":
      return wordTokenizer(state);
    case "bpe":
      return bpeTokenizer(state);
    case "clip":
      throw new UserError(
        `CLIP's vocabulary is in ${state.file}; open it with openTokenizer, or pass its content to createClipTokenizer`,
      );
    case "hub":
      throw new UserError(
        "open a tokenizer.json with openTokenizer, or give it to createHubTokenizer",
      );
    default: {
      const { kind } = state as { kind: string };
      throw usageError(
        `unknown tokenizer "${kind}"; known are character, byte, word, bpe, clip and hub`,
      );
    }
  }
}
