/** Generated parts of a Markdown page between markers. */

import { readFileSync, writeFileSync } from "node:fs";

/** The text between `<!-- begin <name> -->` and `<!-- end <name> -->`. */
export function readMarked(page: string, name: string): string {
  return partsOf(readFileSync(page, "utf8"), page, name)[1];
}

/** Replaces the text between the markers. */
export function writeMarked(page: string, name: string, text: string): void {
  const [before, , after] = partsOf(readFileSync(page, "utf8"), page, name);
  writeFileSync(page, `${before}\n${text}\n${after}`);
}

function partsOf(text: string, page: string, name: string): [string, string, string] {
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${page} needs the markers ${begin} and ${end}`);
  const start = from + begin.length;
  return [text.slice(0, start), text.slice(start, to).trim(), text.slice(to)];
}
