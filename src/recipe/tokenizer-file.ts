/** `tokenizer.json` of a run directory. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TokenizerState } from "../data/tokenizers/index.ts";
import { tokenizerStateSchema } from "../data/tokenizers/state-schema.ts";
import { readJsonFile } from "../formats/json-file.ts";
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
  const content = await readJsonFile(path, maxBytes).catch((cause: Error) => {
    throw damaged(cause.message, cause);
  });
  const { data, error } = tokenizerStateSchema.safeParse(content);
  if (data !== undefined) return data;
  throw damaged("it does not contain a tokenizer", error);
}
