/** Settings of data sets of text: tokenizers and lengths. */
import * as z from "zod";

const specials = z.array(z.enum(["pad", "unknown", "start", "end"])).optional();
const vocabulary_size = z.int().positive().optional();

const tokenizerSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("character"), specials }),
  z.strictObject({ kind: z.literal("byte"), specials }),
  z.strictObject({
    kind: z.literal("word"),
    specials,
    /** Maximum number of words, including special tokens. */
    vocabulary_size,
    /** Minimum number of occurrences of a word in the training texts. */
    minimum_count: z.int().positive().optional(),
  }),
  z.strictObject({
    kind: z.literal("bpe"),
    specials,
    vocabulary_size,
    minimum_count: z.int().positive().optional(),
    lower_case: z.boolean().optional(),
  }),
  z.strictObject({ kind: z.literal("clip") }),
  z.strictObject({
    kind: z.literal("file"),
    /** A tokenizer.json, or the folder that holds it, within the data root. */
    file: z.string().min(1),
    /** Special tokens by their text, if the file does not put them around texts itself. */
    pad: z.string().optional(),
    start: z.string().optional(),
    end: z.string().optional(),
  }),
]);

/** Keys of every set of texts. */
export const textKeys = {
  tokenizer: tokenizerSchema,
  /** Tokens per sample; longer texts are truncated, shorter ones padded. Default: the model's. */
  context_length: z.int().positive().max(65_536).optional(),
};

/** Keys of sets of images with captions or class descriptions. */
export const captionKeys = {
  tokenizer: tokenizerSchema.optional(),
  context_length: z.int().positive().max(65_536).optional(),
};
