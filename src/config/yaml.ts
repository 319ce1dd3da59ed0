/** The one reader of YAML: bounds size, depth and keys before anything of quadratic or recursive cost. */
import { Composer, type CST, type Document, LineCounter, type ParsedNode, Parser } from "yaml";
import { usageError } from "../graph/errors.ts";

/** Limits of a document; configurations stay far below them. */
const MAX_CHARACTERS = 2 ** 18;
/** The composer calls itself for every level. */
const MAX_DEPTH = 64;
/** The composer compares each key of a mapping with all others. */
const MAX_ITEMS = 4096;
const MAX_ALIASES = 100;

/** A document and the locations in its text. */
export interface YamlDocument {
  readonly document: Document.Parsed;
  /** Location of a character, such as `at recipes/x.yaml:4:8`. */
  at(offset: number): string;
  /** The document as plain data. @throws UserError if aliases expand without end or form a cycle */
  toPlain(): unknown;
}

/**
 * Parses one YAML document.
 *
 * @param text content of the file
 * @param name of the file in errors
 * @throws UserError (exit code 2) with line and column if it is not valid YAML, too long, nested too
 * deeply, or a mapping has too many keys
 * @example
 * parseYaml("model: { width: 64 }", "x.yaml").toPlain(); // { model: { width: 64 } }
 */
export function parseYaml(text: string, name: string): YamlDocument {
  if (text.length > MAX_CHARACTERS) {
    throw usageError(
      `${name} has ${text.length} characters; a configuration has at most ${MAX_CHARACTERS}`,
    );
  }
  const lines = new LineCounter();
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `at ${name}:${line}:${col}`;
  };
  const refuse = (offset: number, message: string) =>
    usageError(`cannot read YAML ${at(offset)}: ${message}`);
  const tokens = [...new Parser(lines.addNewLine).parse(text)]; // iterative, linear
  const excess = findExcess(tokens);
  if (excess !== undefined) throw refuse(excess.offset, excess.message);
  // Pretty errors would search the text once for every error.
  const composer = new Composer({ prettyErrors: false, logLevel: "silent", merge: true });
  const [document, second] = composer.compose(tokens, true, text.length);
  const [problem] = document!.errors;
  if (problem) throw refuse(problem.pos[0], problem.message);
  if (second) throw refuse(second.range[0], "a second document begins; keep one per file");
  return {
    document: document as Document.Parsed<ParsedNode>,
    at,
    toPlain() {
      let value: unknown;
      try {
        value = document!.toJS({ maxAliasCount: MAX_ALIASES });
      } catch (error) {
        throw usageError(`cannot read YAML in ${name}: ${(error as Error).message}`, {
          cause: error,
        });
      }
      if (!isCyclic(value)) return value;
      throw usageError(`cannot read YAML in ${name}: a value contains itself through an alias (*)`);
    },
  };
}

/** Whether a value contains itself; values are as shallow as the document, up to the first repetition. */
function isCyclic(value: unknown, above = new Set<unknown>(), done = new Set<unknown>()): boolean {
  if (typeof value !== "object" || value === null || done.has(value)) return false;
  if (above.has(value)) return true;
  above.add(value);
  const found = Object.values(value).some((inner) => isCyclic(inner, above, done));
  above.delete(value);
  done.add(value);
  return found;
}

/** The first collection that exceeds a limit, found without recursion. */
function findExcess(tokens: readonly CST.Token[]): { offset: number; message: string } | undefined {
  const stack = tokens.map((token) => ({ token, depth: 0 }));
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const { token, depth } = entry;
    const { offset } = token as { offset?: number };
    if (depth > MAX_DEPTH) {
      return {
        offset: offset ?? 0,
        message: `values are nested more than ${MAX_DEPTH} levels deep`,
      };
    }
    if (token.type === "document" && token.value) stack.push({ token: token.value, depth });
    if (!("items" in token)) continue;
    if (token.items.length > MAX_ITEMS) {
      return { offset: token.offset, message: `a collection has more than ${MAX_ITEMS} items` };
    }
    for (const { key, value } of token.items) {
      for (const inner of [key, value]) if (inner) stack.push({ token: inner, depth: depth + 1 });
    }
  }
  return undefined;
}
