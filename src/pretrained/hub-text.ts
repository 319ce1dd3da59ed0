/** The tokenizer and the generation settings of a folder as on the Hugging Face hub. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import * as z from "zod";
import { createHubTokenizer } from "../data/tokenizers/hub.ts";
import { hubTokenizerState } from "../data/tokenizers/hub-file.ts";
import type { Tokenizer } from "../data/tokenizers/tokenizer.ts";
import { readJsonFile } from "../formats/json-file.ts";
import { usageError } from "../graph/errors.ts";

const maxBytes = 2 ** 20;
const ids = z.union([z.int().nonnegative(), z.array(z.int().nonnegative())]).nullish();
const generation = z.looseObject({ eos_token_id: ids });

/**
 * Opens the `tokenizer.json` of a folder. Rows of the model's table without a token, which pad it to a
 * round size, have no text.
 *
 * @param numEmbeddings rows of the model's table; a tokenizer with more ids does not belong to it
 * @throws UserError (exit code 2) if it is missing, of another kind or too large for the model
 */
export async function openFolderTokenizer(
  folder: string,
  numEmbeddings: number,
): Promise<Tokenizer> {
  const tokenizer = createHubTokenizer(await hubTokenizerState(resolve(folder), {}));
  const { vocabularySize } = tokenizer;
  if (vocabularySize === numEmbeddings) return tokenizer;
  if (vocabularySize < numEmbeddings) {
    const named = (id: number): boolean => id < vocabularySize || id >= numEmbeddings;
    return {
      ...tokenizer,
      decode: (ids, options) => tokenizer.decode([...ids].filter(named), options),
    };
  }
  throw usageError(
    `${folder}: tokenizer.json has ids up to ${vocabularySize - 1}, but the model has ${numEmbeddings} embeddings; they do not belong together`,
  );
}

/**
 * The tokens that end a text, from generation_config.json and config.json.
 *
 * @param config the keys of config.json
 * @throws UserError (exit code 2) for a file that is too large or no JSON
 */
export async function readStopTokens(
  folder: string,
  config: Readonly<Record<string, unknown>>,
): Promise<readonly number[]> {
  const path = join(folder, "generation_config.json");
  const own = existsSync(path) ? await readGeneration(path) : undefined;
  const given = own ?? ids.safeParse(config.eos_token_id).data;
  return given == null ? [] : [given].flat();
}

async function readGeneration(path: string): Promise<z.output<typeof ids>> {
  try {
    return generation.parse(await readJsonFile(path, maxBytes)).eos_token_id;
  } catch (cause) {
    throw usageError(`${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
