/** `tokenizer.json` of a run directory. */
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { TokenizerState } from "../data/tokenizers/index.ts";
import { tokenizerStateSchema } from "../data/tokenizers/state-schema.ts";
import { UserError } from "../graph/errors.ts";

/** Maximum size of a tokenizer file. */
const maxBytes = 64 * 2 ** 20;

/**
 * The tokenizer that a run was trained with; undefined if the run reads no text.
 *
 * @throws UserError if the file is damaged
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
    return tokenizerStateSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    throw damaged("it does not contain a tokenizer", cause);
  }
}
