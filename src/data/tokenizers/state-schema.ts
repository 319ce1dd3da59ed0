import * as z from "zod";
import { specialNames, type TokenizerState } from "./tokenizer.ts";

const specials = z.array(z.enum(specialNames));
const id = z.int().nonnegative();

/** The schema of a tokenizer's state in a file. */
export const tokenizerStateSchema: z.ZodType<TokenizerState> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("character"), characters: z.string(), specials }),
  z.object({ kind: z.literal("byte"), specials }),
  z.object({ kind: z.literal("word"), words: z.array(z.string()), specials }),
  z.object({
    kind: z.literal("bpe"),
    merges: z.array(z.tuple([id, id])),
    lowerCase: z.boolean(),
    specials,
  }),
  z.object({
    kind: z.literal("hub"),
    content: z.record(z.string(), z.unknown()),
    config: z.record(z.string(), z.unknown()),
    pad: z.string().optional(),
    start: z.string().optional(),
    end: z.string().optional(),
  }),
  z.object({ kind: z.literal("clip"), file: z.string(), sha256: z.string() }),
]);
