/** Lists of files and patterns of their names. */

import { readdir } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { usageError } from "../graph/errors.ts";
import type { Files } from "./settings/files.ts";

const wild = /[*?]/;

/**
 * The files of names and patterns, from `folder` on, in the order of the list and sorted within a
 * pattern. `*` and `?` stand for any characters and one character of a name, `**` for any folders.
 *
 * @throws UserError (exit code 2) for a pattern without files
 */
export async function expandFiles(folder: string, files: Files): Promise<string[]> {
  const found: string[] = [];
  for (const one of [files].flat()) {
    if (wild.test(one)) found.push(...(await matches(folder, one)));
    else found.push(one);
  }
  return [...new Set(found)];
}

async function matches(folder: string, pattern: string): Promise<string[]> {
  const parts = pattern.split("/");
  const fixed = parts.slice(
    0,
    parts.findIndex((part) => wild.test(part)),
  );
  const base = fixed.join("/");
  const expression = toExpression(parts.slice(fixed.length));
  const deep = parts.length > fixed.length + 1;
  const place = resolve(folder, base);
  const names = await readdir(place, { recursive: deep }).catch(() => []);
  const found = names
    .map((name) => name.split(sep).join("/"))
    .filter((name) => expression.test(name))
    .sort();
  if (found.length > 0) return found.map((name) => (base === "" ? name : join(base, name)));
  throw usageError(`no file matches ${join(folder, pattern)}; correct the pattern or the folder`);
}

function toExpression(parts: readonly string[]): RegExp {
  const texts = parts.map((part, at) => {
    const last = at === parts.length - 1;
    if (part === "**") return last ? ".*" : "(?:[^/]+/)*";
    const escaped = part.replace(/[.+^${}()|[\]\\]/g, "\\$&");
    return `${escaped.replace(/\*+/g, "[^/]*").replaceAll("?", "[^/]")}${last ? "" : "/"}`;
  });
  return new RegExp(`^${texts.join("")}$`);
}
