/** The interface of tokenizers: text to ids and back, rebuilt from a plain state. */

/** Tokens without text; their ids follow the ordinary ids, in the order of the state. */
export const specialNames = ["pad", "unknown", "start", "end"] as const;
/** A special token. */
export type SpecialName = (typeof specialNames)[number];

/** One id per Unicode character: its position in `characters`. */
export interface CharacterState {
  readonly kind: "character";
  /** All ordinary tokens, in the order of their ids. */
  readonly characters: string;
  readonly specials: readonly SpecialName[];
}

/** One id per byte of the UTF-8 text: the byte itself. */
export interface ByteState {
  readonly kind: "byte";
  readonly specials: readonly SpecialName[];
}

/** One id per lower-cased word or punctuation mark: its position in `words`. */
export interface WordState {
  readonly kind: "word";
  readonly words: readonly string[];
  readonly specials: readonly SpecialName[];
}

/** Byte pair encoding: ids 0 to 255 are bytes, id 256 + i joins the two tokens of merge i. */
export interface BpeState {
  readonly kind: "bpe";
  readonly merges: readonly (readonly [left: number, right: number])[];
  readonly lowerCase: boolean;
  readonly specials: readonly SpecialName[];
}

/** CLIP's byte pair encoding; the vocabulary stays in its file. */
export interface ClipState {
  readonly kind: "clip";
  /** Path of `tokenizer.json` or `bpe_simple_vocab_16e6.txt.gz`, relative to the folder of data sets. */
  readonly file: string;
  /** Digest of the file as stored, hexadecimal. */
  readonly sha256: string;
}

/** A `tokenizer.json` of the Hugging Face library `tokenizers`, with its content. */
export interface HubState {
  readonly kind: "hub";
  readonly content: Readonly<Record<string, unknown>>;
  /**
   * Content of the tokenizer_config.json beside the file, empty if there is none, and the chat template in a
   * file of its own.
   */
  readonly config: Readonly<Record<string, unknown>>;
  /** Texts of special tokens, by default as the file has them. */
  readonly pad?: string | undefined;
  readonly start?: string | undefined;
  readonly end?: string | undefined;
}

/** Plain JSON, enough to rebuild a tokenizer in a worker, from a run directory or in a browser. */
export type TokenizerState =
  | CharacterState
  | ByteState
  | WordState
  | BpeState
  | ClipState
  | HubState;

/** Options of decoding. */
export interface DecodeOptions {
  /**
   * By default true: pads, start and end are dropped, and unknown becomes U+FFFD. With false,
   * special tokens are written as `<pad>`, `<unknown>`, `<start>` and `<end>`.
   */
  readonly skipSpecial?: boolean;
}

/** Options of encoding. */
export interface EncodeOptions {
  /** Whether start and end are put around the text, by default true. */
  readonly addSpecial?: boolean;
}

/** Turns text into ids and back. */
export interface Tokenizer {
  readonly state: TokenizerState;
  /** Ids are 0 to `vocabularySize - 1`, special tokens included. */
  readonly vocabularySize: number;
  /** Fills rows after the end of a text; 0 if the kind has no pad token, so mask by length. */
  readonly padId: number;
  readonly unknownId?: number;
  readonly startId?: number;
  readonly endId?: number;
  /** The ids of a text, between start and end if the tokenizer has them. */
  encode(text: string, options?: EncodeOptions): number[];
  /** The text of ids. @throws RangeError for an id outside the vocabulary */
  decode(ids: Iterable<number>, options?: DecodeOptions): string;
}
