/** Settings from arguments: `model.num_experts=8`. */
import { usageError } from "../graph/errors.ts";
import type { Layer } from "./layer.ts";
import { valueAt } from "./path.ts";
import { parseYaml } from "./yaml.ts";

/**
 * Parses one `key.path=value` argument as a layer; the value is YAML.
 *
 * @throws UserError (exit code 2) if it has no `=`, an empty key, or a value that is not YAML
 */
export function parseOverride(argument: string): Layer {
  const split = argument.indexOf("=");
  const path = argument.slice(0, Math.max(split, 0)).split(".");
  if (split < 0 || path.some((key) => key.trim() === "")) {
    throw usageError(`cannot read argument "${argument}": expected key.path=value`);
  }
  const place = `in argument "${argument}"`;
  const value = path.reduceRight<unknown>(
    (inner, key) => ({ [key]: inner }),
    parseYaml(argument.slice(split + 1), `argument "${argument}"`).toPlain(),
  );
  return { value, locate: (asked) => (valueAt(value, asked) === undefined ? undefined : place) };
}
