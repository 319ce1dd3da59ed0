/** Lists of texts from options or files. */
import { existsSync, statSync } from "node:fs";
import { readTextFile } from "../data/text/text-file.ts";
import { usageError } from "../graph/errors.ts";

const maxLines = 1_000_000;
const maxBytes = 2 ** 28;

/**
 * The lines of a text file; an empty line is an empty text, and the final newline is optional.
 *
 * @throws UserError (exit code 2) if the file does not exist or is empty
 */
export async function readLines(path: string): Promise<string[]> {
  const text = await readTextFile(path, {
    maxBytes,
    hint: "name a text file with one text per line",
  });
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  if (text === "") throw usageError(`${path} is empty; write one text per line`);
  if (lines.length > maxLines) {
    throw usageError(`${path} has more than ${maxLines} lines; split it`);
  }
  return lines;
}

/**
 * Comma-separated labels, or the lines of a file with that name; empty labels are skipped.
 *
 * @throws UserError (exit code 2) for duplicate labels or none
 */
export async function parseLabels(given: string): Promise<string[]> {
  const parts = isFile(given) ? await readLines(given) : given.split(",");
  const labels = parts.map((part) => part.trim()).filter(Boolean);
  const twice = labels.find((label, at) => labels.indexOf(label) !== at);
  if (twice !== undefined) {
    throw usageError(`the label "${twice}" is given twice; labels must differ`);
  }
  if (labels.length > 0) return labels;
  throw usageError(`--labels takes names such as cat,dog or a file of names, got "${given}"`);
}

/** The given templates, or the lines of a file if one file is given. */
export async function parseTemplates(given: readonly string[]): Promise<readonly string[]> {
  const [first = ""] = given;
  if (given.length > 1 || first.includes("{}") || !isFile(first)) return given;
  return (await readLines(first)).filter((line) => line.trim() !== "");
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
