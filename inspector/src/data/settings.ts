/** Configurations as flat lists, and their differences. */

/** A setting: its path, such as `model.width`, and its value as text. */
export type Settings = ReadonlyMap<string, string>;

/** Depth below which values are shown as JSON. */
const deepest = 12;

/** All values of a configuration by path. */
export function flatten(config: unknown): Settings {
  const found = new Map<string, string>();
  const visit = (value: unknown, path: string, depth: number): void => {
    const plain = typeof value === "object" && value !== null && !Array.isArray(value);
    if (!plain || depth > deepest) {
      if (path !== "") found.set(path, tell(value));
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      visit(inner, path === "" ? key : `${path}.${key}`, depth + 1);
    }
  };
  visit(config, "", 0);
  return found;
}

/** Paths whose values differ between any two configurations, in order of first appearance. */
export function differing(all: readonly Settings[]): string[] {
  const paths = [...new Set(all.flatMap((settings) => [...settings.keys()]))];
  return paths.filter((path) => new Set(all.map((settings) => settings.get(path))).size > 1);
}

function tell(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value) ?? "";
}
