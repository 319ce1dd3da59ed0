/** Stored names without the prefix that a model with a head puts before those of its encoder. */
import type { CheckpointFiles } from "./checkpoint-files.ts";

/**
 * The tensors of a checkpoint without the first prefix that one of their names has; other names stay.
 *
 * @param prefixes such as `bert.`
 */
export function withoutPrefix(
  files: CheckpointFiles,
  prefixes: readonly string[],
): CheckpointFiles {
  const names = [...files.tensors.keys(), ...files.unreadable.keys()];
  const prefix = prefixes.find((each) => names.some((name) => name.startsWith(each)));
  if (prefix === undefined) return files;
  const full = new Map(names.map((name) => [short(name, prefix), name]));
  const renamed = <Value>(values: ReadonlyMap<string, Value>): Map<string, Value> =>
    new Map([...values].map(([name, value]) => [short(name, prefix), value]));
  return {
    ...files,
    tensors: renamed(files.tensors),
    unreadable: renamed(files.unreadable),
    read: (name, type) => files.read(full.get(name)!, type),
  };
}

function short(name: string, prefix: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}
