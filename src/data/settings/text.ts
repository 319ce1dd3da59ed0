/** Settings of data sets of text: tokenizers and lengths. */
import * as z from "zod";

const specials = z
  .array(z.enum(["pad", "unknown", "start", "end"]))
  .optional()
  .describe("Special tokens of the vocabulary.");
const vocabulary_size = z
  .int()
  .positive()
  .optional()
  .describe("Maximum number of tokens, including special tokens.");

const tokenizerSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("character").describe("Kind of the tokenizer."), specials }),
  z.strictObject({ kind: z.literal("byte").describe("Kind of the tokenizer."), specials }),
  z.strictObject({
    kind: z.literal("word").describe("Kind of the tokenizer."),
    specials,
    vocabulary_size: vocabulary_size.describe("Maximum number of words, including special tokens."),
    minimum_count: z
      .int()
      .positive()
      .optional()
      .describe("Minimum number of occurrences of a word in the training texts."),
  }),
  z.strictObject({
    kind: z.literal("bpe").describe("Kind of the tokenizer."),
    specials,
    vocabulary_size,
    minimum_count: z
      .int()
      .positive()
      .optional()
      .describe("Minimum number of occurrences in the training texts."),
    lower_case: z.boolean().optional().describe("Whether texts become lower case."),
  }),
  z.strictObject({ kind: z.literal("clip").describe("Kind of the tokenizer.") }),
  z.strictObject({
    kind: z
      .literal("pretrained")
      .describe("Kind of the tokenizer: that of the run or checkpoint that training starts from."),
  }),
  z.strictObject({
    kind: z.literal("file").describe("Kind of the tokenizer."),
    file: z
      .string()
      .min(1)
      .describe("A tokenizer.json, or the folder that holds it, within the data root."),
    pad: z
      .string()
      .optional()
      .describe("Special tokens by their text, if the file does not put them around texts itself."),
    start: z.string().optional().describe("Text of the token at the start."),
    end: z.string().optional().describe("Text of the token at the end."),
  }),
]);

/** Keys of every set of texts. */
export const textKeys = {
  tokenizer: tokenizerSchema.describe("Tokenizer of the texts."),
  context_length: z
    .int()
    .positive()
    .max(65_536)
    .optional()
    .describe(
      "Tokens per sample; longer texts are truncated, shorter ones padded. Default: the model's.",
    ),
};

/** Keys of sets of images with captions or class descriptions. */
export const captionKeys = {
  tokenizer: tokenizerSchema.optional().describe("Tokenizer of the texts."),
  context_length: z
    .int()
    .positive()
    .max(65_536)
    .optional()
    .describe("Maximum number of tokens of a text; longer texts are cut. Default: the model's."),
};
