import { UserError } from "../../graph/errors.ts";

/** Tokens of CLIP: 256 bytes, each also as the end of a word, 48,894 merges, start and end of text. */
export const clipVocabularySize = 49_408;
/** The id of `<|startoftext|>`. */
export const clipStartId = 49_406;
/** The id of `<|endoftext|>`. */
export const clipEndId = 49_407;
const numMerges = clipVocabularySize - 2 * 256 - 2;

/**
 * The content of OpenAI's `bpe_simple_vocab_16e6.txt` in the form of a Hugging Face `tokenizer.json`:
 * the first 48,894 of its 262,144 merges are used.
 *
 * @throws UserError if merges are missing or malformed
 */
export function clipVocabulary(mergesText: string): object {
  const merges = mergesText.split("\n").slice(1, numMerges + 1);
  const pairs = merges.map((line) => line.trim().split(" "));
  const bad = pairs.findIndex((pair) => pair.length !== 2);
  if (merges.length !== numMerges || bad >= 0) {
    const reason =
      bad >= 0 ? `line ${bad + 2} is ${JSON.stringify(merges[bad])}` : `it has ${merges.length}`;
    throw new UserError(
      `it needs ${numMerges} merges of two tokens, but ${reason}; download it again`,
    );
  }
  const bytes = byteCharacters();
  const endings = bytes.map((character) => `${character}</w>`);
  const tokens = [...bytes, ...endings, ...pairs.map((pair) => pair.join(""))];
  const special = (content: string, id: number): object => ({ id, content, special: true });
  return {
    added_tokens: [special("<|startoftext|>", clipStartId), special("<|endoftext|>", clipEndId)],
    normalizer: { type: "NFC" },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        {
          type: "Split",
          pattern: {
            Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
          },
          behavior: "Removed",
          invert: true,
        },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: "RobertaProcessing",
      sep: ["<|endoftext|>", clipEndId],
      cls: ["<|startoftext|>", clipStartId],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      unk_token: "<|endoftext|>",
      end_of_word_suffix: "</w>",
      vocab: Object.fromEntries(
        [...tokens, "<|startoftext|>", "<|endoftext|>"].map((token, id) => [token, id]),
      ),
      merges: pairs,
    },
  };
}

/**
 * The printable characters for bytes in the order of CLIP's ids: printable bytes first,
 * unchanged, then the other bytes as U+0100 and up.
 */
function byteCharacters(): string[] {
  const range = (from: number, to: number): number[] =>
    Array.from({ length: to - from + 1 }, (_, at) => from + at);
  const printable = [...range(0x21, 0x7e), ...range(0xa1, 0xac), ...range(0xae, 0xff)];
  const stand = range(0x100, 0x100 + 255 - printable.length);
  return [...printable, ...stand].map((code) => String.fromCharCode(code));
}
