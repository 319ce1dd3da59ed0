/** What produced a run: versions of this package, its engine and Node. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

export function versions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const versionAt = (path: string | URL): string =>
    (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
  const own = versionAt(new URL("../../package.json", import.meta.url));
  let engine = "not installed";
  try {
    engine = versionAt(require.resolve("onnxruntime-node/package.json"));
  } catch {
    // Optional dependency: another library may have been named by MOESAIC_ONNXRUNTIME.
  }
  return {
    moesaic: own,
    node: process.versions.node,
    onnxruntime: engine,
    platform: `${process.platform}-${process.arch}`,
  };
}
