/**
 * Runs the `@example` of every public function of the folders below, and compares its results.
 *
 * An example is plain JavaScript over the public names. A statement that ends in a comment with a
 * value, such as `const [y] = await evaluate(relu, [array([-1, 2])]); // [0, 2]`, is compared with this
 * value: the value of the expression, or of the first name that the statement declares. Arrays are
 * compared to four digits. Comments without a value are ignored.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import * as z from "zod";
import * as autodiff from "../../src/autodiff/index.ts";
import * as graph from "../../src/graph/index.ts";
import * as root from "../../src/index.ts";
import * as learn from "../../src/learn/index.ts";
import * as losses from "../../src/losses/index.ts";
import * as models from "../../src/models/index.ts";
import * as nn from "../../src/nn/index.ts";
import * as ops from "../../src/ops/index.ts";
import * as optim from "../../src/optim/index.ts";
import * as random from "../../src/random/index.ts";
import * as runtime from "../../src/runtime/index.ts";

const folders: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  learn,
  losses,
  models,
  nn,
  ops,
  optim,
};
/** Folders in which every public function has an example. */
const complete = ["learn", "losses", "models", "nn", "ops", "optim"];
const source = new URL("../../src/", import.meta.url);
const scope: Record<string, unknown> = {
  z,
  temporary: mkdtempSync(join(tmpdir(), "doc-examples-")),
  ...{ ...random, ...runtime, ...graph, ...autodiff, ...root, ...learn },
  ...{ ...optim, ...losses, ...models, ...nn, ...ops },
};

afterAll(() => rmSync(scope.temporary as string, { recursive: true }));

interface Doc {
  readonly name: string;
  readonly file: string;
  readonly text: string;
}

/** Doc comments of exported functions below a folder of `src`. */
function docsBelow(folder: string): Doc[] {
  const files = readdirSync(new URL(`${folder}/`, source), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts") && !/\.(test|fixture)\.ts$/.test(file))
    .flatMap((file) => {
      const code = readFileSync(new URL(`${folder}/${file}`, source), "utf8");
      const found = code.matchAll(
        /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?export (?:async )?(?:function\*?|const) (\w+)/g,
      );
      return [...found].map(([, text = "", name]) => ({ name: name!, file, text }));
    });
}

/** The code of the first example in a comment. */
function exampleOf(text: string): string | undefined {
  const lines = text.split("\n").map((line) => line.replace(/^\s*\* ?/, ""));
  const start = lines.findIndex((line) => line.startsWith("@example"));
  if (start < 0) return undefined;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => line.startsWith("@"));
  return rest.slice(0, end < 0 ? undefined : end).join("\n");
}

/** The example with a call of `check` after each statement with a stated value. */
function withChecks(code: string): string {
  const checked = code.replace(
    /^(?!\s)([^\n]*(?:\n\s+[^\n]*|\n[)\]}][^\n]*)*?;?) \/\/ (\[.*\]|-?[\d.]+(?:e-?\d+)?|true|false|".*")$/gm,
    (_, statement: string, value: string) => {
      const declared = statement.match(/^const [[{]?\s*(\w+)/)?.[1];
      if (declared !== undefined) return `${statement}\ncheck(${declared}, ${value});`;
      return `check(${statement.replace(/;$/, "")}, ${value});`;
    },
  );
  return checked;
}

/** Nested lists of an example's result: arrays become lists, other values are unchanged. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("shape" in value && "data" in value) return nested(value as never);
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array, Number);
  return Array.isArray(value) ? value.map(plain) : value;
}

function nested(array: Parameters<typeof root.toNumbers>[0]): unknown {
  const numbers = array.data instanceof Uint8Array && array.dtype === "bool";
  const flat: unknown[] = numbers ? Array.from(array.data, Boolean) : root.toNumbers(array);
  return [...array.shape].reverse().reduce<unknown[]>((entries, size) => {
    const rows = Array.from({ length: entries.length / Math.max(size, 1) }, (_, row) =>
      entries.slice(row * size, (row + 1) * size),
    );
    return rows;
  }, flat)[0];
}

function close(actual: unknown, expected: unknown): void {
  const round = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(round);
    return typeof value === "number" ? Number(value.toFixed(4)) + 0 : value;
  };
  expect(round(plain(actual))).toEqual(round(expected));
}

const AsyncFunction = (async () => {}).constructor as new (
  ...code: string[]
) => (...values: unknown[]) => Promise<void>;

for (const [folder, entry] of Object.entries(folders)) {
  const docs = docsBelow(folder).filter(({ name }) => typeof entry[name] === "function");
  for (const { name, text } of docs) {
    const example = exampleOf(text);
    if (example === undefined) continue;
    test(`the example of ${folder}/${name}`, async () => {
      const visible = { ...scope, ...entry };
      const names = [...Object.keys(visible), "check"];
      const body = withChecks(example);
      expect(body, "an example states a value").toContain("check(");
      await new AsyncFunction(...names, `{\n${body}\n}`)(...Object.values(visible), close);
    });
  }

  if (!complete.includes(folder)) continue;
  test(`every public function of ${folder} has an example, or a reason for having none`, () => {
    const place = ({ file, name }: Doc) => `${file}: ${name}`; // shared by overloads
    const documented = docs.filter(({ text }) => /@example|No example: /.test(text)).map(place);
    expect(docs.map(place).filter((each) => !documented.includes(each))).toEqual([]);
  });
}
