/** Lists of texts given as options or in files. */
import { existsSync, statSync } from "node:fs";
import { readTextFile } from "../data/text/text-file.ts";
import { usageError } from "../graph/errors.ts";

const maxLines = 1_000_000;
const maxBytes = 2 ** 28;

/**
 * The lines of a text file; an empty line is an empty text, and the last line may end or not.
 *
 * @throws UserError (exit code 2) where there is no such file, or it is empty
 */
export async function readLines(path: string): Promise<string[]> {
  const text = await readTextFile(path, {
    maxBytes,
    hint: "name a text file with a line for each",
  });
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  if (text === "") throw usageError(`${path} is empty; write a line for each`);
  if (lines.length > maxLines) {
    throw usageError(`${path} has more than ${maxLines} lines; split it`);
  }
  return lines;
}

/** Labels between commas, or the lines of a file of that name; empty ones are left out. */
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

/** Templates as they are given, or the lines of the one file that is named. */
export async function parseTemplates(given: readonly string[]): Promise<readonly string[]> {
  const [first = ""] = given;
  if (given.length > 1 || first.includes("{}") || !isFile(first)) return given;
  return (await readLines(first)).filter((line) => line.trim() !== "");
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
