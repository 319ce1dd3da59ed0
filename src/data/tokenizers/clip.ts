import { Tokenizer as HubTokenizer } from "@huggingface/tokenizers";
import { usageError } from "../../graph/errors.ts";
import { checkId } from "./assemble.ts";
import { cleanClipText } from "./clip-text.ts";
import { clipEndId, clipStartId, clipVocabulary, clipVocabularySize } from "./clip-vocabulary.ts";
import type { ClipState, Tokenizer } from "./tokenizer.ts";

/** Tokens of a text in CLIP, start and end included. */
export const clipContextLength = 77;

/**
 * CLIP's tokenizer (Radford et al., arXiv:2103.00020, section 2.4; openai/CLIP) from the text of
 * Hugging Face's `tokenizer.json` or of OpenAI's unpacked `bpe_simple_vocab_16e6.txt`.
 *
 * Rows are padded with id 0, as `clip.tokenize` does; 0 is also the token "!", so mask by length.
 *
 * @example
 * createClipTokenizer(state, content).encode("a photo of a cat"); // 49406, 320, 1125, 539, 320, 2368, 49407
 */
export function createClipTokenizer(state: ClipState, content: string): Tokenizer {
  const hub = openHub(state.file, content);
  return {
    state,
    vocabularySize: clipVocabularySize,
    padId: 0,
    startId: clipStartId,
    endId: clipEndId,
    encode: (text, { addSpecial = true } = {}) =>
      hub.encode(cleanClipText(text), { add_special_tokens: addSpecial }).ids,
    decode(ids, { skipSpecial = true } = {}) {
      const tokens = [...ids];
      for (const id of tokens) checkId(id, clipVocabularySize);
      return decodeTokens(hub, tokens, skipSpecial);
    },
  };
}

function decodeTokens(hub: HubTokenizer, ids: number[], skipSpecial: boolean): string {
  if (ids.length === 0) return "";
  return hub
    .decode(ids, { skip_special_tokens: skipSpecial, clean_up_tokenization_spaces: false })
    .trim();
}

function openHub(file: string, content: string): HubTokenizer {
  const bare = !content.trimStart().startsWith("{");
  let hub: HubTokenizer;
  try {
    hub = new HubTokenizer(bare ? clipVocabulary(content) : JSON.parse(content), {});
  } catch (cause) {
    const { message } = cause as Error;
    throw usageError(`${file} is not CLIP's vocabulary: ${message}`, { cause });
  }
  checkVocabulary(file, hub);
  return hub;
}

function checkVocabulary(file: string, hub: HubTokenizer): void {
  const ends = [hub.token_to_id("<|startoftext|>"), hub.token_to_id("<|endoftext|>")];
  const size = hub.get_vocab().size;
  if (size === clipVocabularySize && ends[0] === clipStartId && ends[1] === clipEndId) return;
  throw usageError(
    `${file} is not CLIP's vocabulary: it has ${size} tokens, start ${ends[0]} and end ${ends[1]}, but CLIP has ${clipVocabularySize}, ${clipStartId} and ${clipEndId}`,
  );
}
