/** Reads a `tokenizer.json`, and the settings and chat templates beside it. */

import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import * as z from "zod";
import { readJsonFile, readTextFile } from "../../formats/json-file.ts";
import { usageError } from "../../graph/errors.ts";
import { dataRoot } from "../read-gzipped.ts";
import type { HubState } from "./tokenizer.ts";

const maxBytes = 48 * 2 ** 20;
const MAX_TEMPLATES = 16;
const content = z.looseObject({ model: z.looseObject({ vocab: z.unknown() }) });
const settings = z.record(z.string(), z.unknown());

/** Tokens with a role, by their text. */
export interface HubRoles {
  readonly pad?: string;
  readonly start?: string;
  readonly end?: string;
}

/**
 * The state of a tokenizer in a file, with its whole content, so that a run needs the file no more.
 *
 * @param file a tokenizer.json or the folder that holds it, relative to the folder of data sets
 * @throws UserError (exit code 2) for a file that is missing or of another kind
 */
export async function hubTokenizerState(
  file: string,
  { root, ...roles }: HubRoles & { readonly root?: string },
): Promise<HubState> {
  const path = await find(resolve(dataRoot(root), file));
  const parsed = content.safeParse(await readJson(path));
  if (!parsed.success) {
    throw usageError(
      `${path} is no tokenizer.json of the library tokenizers: it has no model with a vocabulary`,
    );
  }
  const beside = join(dirname(path), "tokenizer_config.json");
  const config = existsSync(beside) ? settings.safeParse(await readJson(beside)).data : undefined;
  const chat = await chatTemplates(dirname(path));
  return { kind: "hub", content: parsed.data, config: { ...config, ...chat }, ...roles };
}

/**
 * Chat templates in files of their own, which replace that of tokenizer_config.json: one, or several by
 * name, in the form that tokenizer_config.json has.
 */
async function chatTemplates(folder: string): Promise<{ readonly chat_template?: unknown }> {
  const [plain, json] = ["jinja", "json"].map((end) => join(folder, `chat_template.${end}`));
  const more = join(folder, "additional_chat_templates");
  let own: unknown;
  if (existsSync(plain!)) own = await readText(plain!);
  else if (existsSync(json!)) own = settings.safeParse(await readJson(json!)).data?.chat_template;
  if (typeof own !== "string") return {};
  const files = existsSync(more) ? await readdir(more) : [];
  const names = files.filter((name) => name.endsWith(".jinja")).slice(0, MAX_TEMPLATES);
  if (names.length === 0) return { chat_template: own };
  const named = names.map(async (name) => ({
    name: basename(name, ".jinja"),
    template: await readText(join(more, name)),
  }));
  return { chat_template: [{ name: "default", template: own }, ...(await Promise.all(named))] };
}

async function find(path: string): Promise<string> {
  if (!existsSync(path)) {
    throw usageError(
      `${path} is missing; set data.tokenizer.file to a tokenizer.json within data.root`,
    );
  }
  if (!(await stat(path)).isDirectory()) return check(path);
  const inside = join(path, "tokenizer.json");
  if (existsSync(inside)) return inside;
  throw usageError(
    `${path} has no tokenizer.json; convert the tokenizer in Python: transformers.AutoTokenizer.from_pretrained(path).save_pretrained(path)`,
  );
}

function check(path: string): string {
  if (/\.(model|spm|txt)$/.test(path)) {
    throw usageError(
      `${basename(path)} is no tokenizer.json; convert it in Python: transformers.AutoTokenizer.from_pretrained(folder).save_pretrained(folder)`,
    );
  }
  return path;
}

const readText = (path: string): Promise<string> => read(path, readTextFile);
const readJson = (path: string): Promise<unknown> => read(path, readJsonFile);

async function read<Content>(
  path: string,
  reader: (path: string, maxBytes: number) => Promise<Content>,
): Promise<Content> {
  try {
    return await reader(path, maxBytes);
  } catch (cause) {
    throw usageError(`${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
