/** `tokenizer.json` of a run directory. */
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { TokenizerState } from "../../data/tokenizers/index.ts";
import { UserError } from "../../graph/errors.ts";

/** Larger files are no tokenizers. */
const maxBytes = 64 * 2 ** 20;

const specials = z.array(z.enum(["pad", "unknown", "start", "end"]));
const id = z.int().nonnegative();

const stateSchema: z.ZodType<TokenizerState> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("character"), characters: z.string(), specials }),
  z.object({ kind: z.literal("byte"), specials }),
  z.object({ kind: z.literal("word"), words: z.array(z.string()), specials }),
  z.object({
    kind: z.literal("bpe"),
    merges: z.array(z.tuple([id, id])),
    lowerCase: z.boolean(),
    specials,
  }),
  z.object({ kind: z.literal("clip"), file: z.string(), sha256: z.string() }),
]);

/**
 * The tokenizer that a run was trained with; undefined where it reads no text.
 *
 * @throws UserError where the file is damaged
 */
export async function readTokenizer(run: string): Promise<TokenizerState | undefined> {
  const path = join(run, "tokenizer.json");
  if (!existsSync(path)) return undefined;
  const damaged = (reason: string, cause?: unknown): UserError =>
    new UserError(`${path} is damaged: ${reason}; copy it from another run of the same training`, {
      cause,
    });
  const { size } = await stat(path);
  if (size > maxBytes) throw damaged(`it has ${size} bytes`);
  try {
    return stateSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    throw damaged("it does not hold a tokenizer", cause);
  }
}
