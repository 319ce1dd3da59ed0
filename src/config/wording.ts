/** How an explanation of invalid settings names keys and places: in files, or in a program. */
import type { Layer } from "./layer.ts";
import type { Path } from "./path.ts";

export interface Wording {
  /** A snake_case key as the reader writes it. */
  key(key: string): string;
  /** A message of the schema, in which snake_case keys are words. */
  text(message: string): string;
  /** The name of a setting. */
  name(path: Path): string;
  /** Where a key is. */
  keyPlace(path: Path): string;
  /** Where a value is, after a space; empty if its name says it. */
  place(path: Path): string;
  /** Where to set what is missing, after a space; empty if its name says it. */
  toSet(path: Path): string;
}

/**
 * The wording for recipes and arguments, with file, line and column.
 *
 * @param layers from the lowest to the topmost
 */
export function fileWording(layers: readonly Layer[]): Wording {
  return {
    key: (key) => key,
    text: (message) => message,
    name: (path) => path.join(".") || "the configuration",
    keyPlace: (path) => locate(path, "key", layers),
    place: (path) => ` ${locate(path, "value", layers)}`,
    toSet(path) {
      const parent = path.slice(0, -1);
      const place = parent.length > 0 ? locate(parent, "key", layers) : "";
      const argument = ` as argument ${path.join(".")}=...`;
      return place.startsWith("at ") ? ` below ${parent.join(".")} ${place}` : argument;
    },
  };
}

/**
 * The wording for settings of a program.
 *
 * @param root name of the settings, such as `options`
 * @param key a key of the schema as programs write it
 */
export function programWording(root: string, key: (key: string) => string): Wording {
  const name = (path: Path): string => [root, ...path.map((part) => key(String(part)))].join(".");
  return {
    key,
    text: (message) => message.replace(/\b[a-z0-9]+(?:_[a-z0-9]+)+\b/g, key),
    name,
    keyPlace: (path) => `in ${name(path.slice(0, -1))}`,
    place: () => "",
    toSet: () => "",
  };
}

/** The place in the topmost layer that sets `path` or a parent of it. */
function locate(path: Path, part: "key" | "value", layers: readonly Layer[]): string {
  for (let length = path.length; length > 0; length--) {
    for (const layer of layers.toReversed()) {
      const place = layer.locate(path.slice(0, length), length === path.length ? part : "key");
      if (place) return place;
    }
  }
  return "in the configuration";
}
