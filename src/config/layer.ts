/** A configuration is made of layers: a base file, the files that extend it, then arguments. */
import { isMap, LineCounter, type ParsedNode, parseDocument } from "yaml";
import { usageError } from "../graph/errors.ts";

/** Keys and list positions from the root to a value. */
export type Path = readonly (string | number)[];

/** Settings from one place, which can say where each of them is written. */
export interface Layer {
  readonly value: unknown;
  /**
   * Where `path` is written, for example `at recipes/x.yaml:4:8`; undefined when it is not here.
   *
   * @param part the key or the value that stands beside it
   */
  locate(path: Path, part: "key" | "value"): string | undefined;
}

/** Larger files are no configurations. */
const maxCharacters = 1_000_000;

/**
 * Reads a YAML mapping.
 *
 * @param text the file's content
 * @param file how errors call the file
 * @throws UserError with line and column when it is not YAML or not a mapping
 */
export function parseLayer(text: string, file: string): Layer {
  if (text.length > maxCharacters) {
    throw usageError(`${file} has ${text.length} characters; this is not a configuration`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `at ${file}:${line}:${col}`;
  };
  const [problem] = document.errors;
  if (problem) {
    throw usageError(`cannot read YAML ${at(problem.pos[0])}: ${problem.message}`);
  }
  const root = document.contents;
  if (root !== null && !isMap(root)) {
    throw usageError(`expected a mapping of keys ${at(root.range[0])}`);
  }
  return {
    value: toPlain(document, file),
    locate(path, part) {
      if (path.length === 0) return undefined;
      const parent = document.getIn(path.slice(0, -1), true);
      const key = path.at(-1);
      if (part === "key" && isMap(parent)) {
        const pair = parent.items.find(
          (item) => String((item.key as { value?: unknown }).value) === key,
        );
        return pair && at((pair.key as ParsedNode).range[0]);
      }
      const node = document.getIn(path, true) as ParsedNode | undefined;
      return node?.range ? at(node.range[0]) : undefined;
    },
  };
}

function toPlain(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw usageError(`cannot read ${file}: ${message}`, { cause: error });
  }
}

/** Keys that say what a mapping describes, and with that which other keys it has. */
const variantKeys = ["name", "kind", "system"] as const;

/**
 * Puts `upper` over `lower`: mappings are joined key by key, everything else is replaced. A mapping
 * that describes something else than the one below it, by `name`, `kind` or `system`, replaces it.
 */
export function mergeValues(lower: unknown, upper: unknown): unknown {
  if (!isMapping(lower) || !isMapping(upper) || isOtherVariant(lower, upper)) return upper;
  const keys = new Set([...Object.keys(lower), ...Object.keys(upper)]);
  return Object.fromEntries(
    [...keys].map((key) => {
      if (!Object.hasOwn(upper, key)) return [key, lower[key]];
      return [key, Object.hasOwn(lower, key) ? mergeValues(lower[key], upper[key]) : upper[key]];
    }),
  );
}

function isOtherVariant(
  lower: Readonly<Record<string, unknown>>,
  upper: Readonly<Record<string, unknown>>,
): boolean {
  return variantKeys.some(
    (key) => Object.hasOwn(lower, key) && Object.hasOwn(upper, key) && lower[key] !== upper[key],
  );
}

/** Whether a value is a mapping of keys. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at `path`; undefined when there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}
