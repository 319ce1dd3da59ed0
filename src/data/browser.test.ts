import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** All modules that `file` reaches through relative imports, and the packages that they import. */
function reach(file: URL, seen: Map<string, string[]> = new Map()): Map<string, string[]> {
  if (seen.has(file.href)) return seen;
  const source = readFileSync(file, "utf8");
  const names = [...source.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map((match) => match[1]!);
  seen.set(file.href, names);
  for (const name of names) if (name.startsWith(".")) reach(new URL(name, file), seen);
  return seen;
}

test("browser imports reach no Node module and no package", () => {
  const modules = reach(new URL("./browser.ts", import.meta.url));
  expect(modules.size).toBeGreaterThan(15);
  const foreign = [...modules.values()].flat().filter((name) => !name.startsWith("."));
  expect(foreign).toEqual([]);
});
