/** Turns schema issues into one sentence that names the place to change. */
import * as z from "zod";
import { isMapping } from "./is-mapping.ts";
import { choices, describe, type JsonSchema, keysAt, pathsTo, schemasAt } from "./json-schema.ts";
import { didYouMean } from "./nearest.ts";
import { type Path, valueAt } from "./path.ts";
import type { Wording } from "./wording.ts";

type Issue = z.core.$ZodIssue;

/**
 * Explains why a configuration is invalid.
 *
 * Unknown keys are reported first, because a mistyped key makes the right one look missing.
 *
 * @param value the settings, of all layers
 */
export function explainIssues(
  issues: readonly Issue[],
  schema: z.ZodType,
  value: unknown,
  wording: Wording,
): string {
  const shape = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  const flat = issues.flatMap((issue) => enterUnion(issue, value));
  const issue = flat.find(({ code }) => code === "unrecognized_keys") ?? flat[0]!;
  const path = issue.path as Path;
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0]!;
    const place = wording.keyPlace([...path, key]);
    return `unknown key ${wording.key(key)} ${place}${suggestKey(key, path, shape, value, wording)}`;
  }
  const name = wording.name(path);
  const given = valueAt(value, path);
  const expected = schemasAt(shape, path, value);
  const message = wording.text(issue.message);
  // A default can be at fault too, which no layer sets.
  if (given === undefined && issue.code === "custom") {
    const owner = path.slice(0, path.findLastIndex((key) => typeof key === "string") + 1);
    return `${message} (${name} is a default; set ${wording.name(owner)}${wording.toSet(owner)})`;
  }
  if (given === undefined) {
    const words = describe(expected);
    return `${name} is missing${words && ` (${words})`}; set it${wording.toSet(path)}`;
  }
  const place = wording.place(path);
  if (issue.code === "custom") return `${message} (${name}${place})`;
  const words = describe(expected);
  if (!words) return `${name}${place}: ${message}`;
  const suggestion =
    typeof given === "string" ? didYouMean(given, choices(expected).map(String)) : "";
  return `${name} must be ${words}, got ${quote(given)}${place}${suggestion}`;
}

/**
 * Replaces an `invalid_union` issue by the issues of the intended alternative: the first with matching
 * keys or type of value.
 */
function enterUnion(issue: Issue, value: unknown): Issue[] {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  const meant = issue.errors.find((inner) => inner.every(({ path }) => path.length > 0));
  if (meant) {
    const moved = meant.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
    return moved.flatMap((inner) => enterUnion(inner as Issue, value));
  }
  const given = valueAt(value, issue.path as Path);
  if (!isMapping(given)) return [issue];
  const unknownIn = issue.errors.map((inner) =>
    inner.flatMap((each) => (each.code === "unrecognized_keys" ? each.keys : [])),
  );
  const keys = Object.keys(given).filter((key) => unknownIn.every((list) => list.includes(key)));
  const { path } = issue;
  if (keys.length > 0) return [{ code: "unrecognized_keys", keys, path, message: "" } as Issue];
  const message = `these keys cannot be combined: ${Object.keys(given).join(", ")}`;
  return [{ code: "custom", path, message } as Issue];
}

function suggestKey(
  key: string,
  path: Path,
  shape: JsonSchema,
  value: unknown,
  wording: Wording,
): string {
  const known = keysAt(shape, path, value).map(wording.key);
  const near = didYouMean(wording.key(key), known);
  if (near) return near;
  const elsewhere = pathsTo(shape, key)
    .filter((other) => other !== [...path, key].join("."))
    .map((other) => wording.name(other.split(".")));
  if (elsewhere.length > 0) return `; did you mean ${elsewhere.slice(0, 3).join(" or ")}?`;
  return known.length > 0 ? `; known keys here: ${known.join(", ")}` : "";
}

function quote(value: unknown): string {
  const text =
    typeof value === "number" || typeof value === "function"
      ? String(value)
      : (JSON.stringify(value) ?? typeof value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
