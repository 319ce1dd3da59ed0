/** A configuration is made of layers: a base file, the files that extend it, then arguments. */
import { isMap, type ParsedNode } from "yaml";
import { usageError } from "../graph/errors.ts";
import { isMapping } from "./is-mapping.ts";
import type { Path } from "./path.ts";
import { parseYaml } from "./yaml.ts";

/** Settings from one source, with the location of each. */
export interface Layer {
  readonly value: unknown;
  /**
   * Location of `path`, for example `at recipes/x.yaml:4:8`; undefined if this layer does not set it.
   *
   * @param part whether to locate the key or its value
   */
  locate(path: Path, part: "key" | "value"): string | undefined;
}

/**
 * Reads a YAML mapping.
 *
 * @param text the file's content
 * @param file name of the file in errors
 * @throws UserError with line and column if it is not valid YAML or not a mapping
 */
export function parseLayer(text: string, file: string): Layer {
  const { document, at, toPlain } = parseYaml(text, file);
  const root = document.contents;
  if (root !== null && !isMap(root)) {
    throw usageError(`expected a mapping of keys ${at(root.range[0])}`);
  }
  return {
    value: toPlain() ?? {},
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

/** Discriminator keys: their value decides which other keys a mapping has. */
const variantKeys = ["name", "kind", "system"] as const;

/**
 * Merges `upper` over `lower`: mappings merge key by key, everything else is replaced. A mapping whose
 * `name`, `kind` or `system` differs from the one below replaces it as a whole.
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
