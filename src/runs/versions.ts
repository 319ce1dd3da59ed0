/** Versions of this package, ONNX Runtime and Node, stored in runs. */
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
    // Optional dependency: MOESAIC_ONNXRUNTIME may name another library.
  }
  return {
    moesaic: own,
    node: process.versions.node,
    onnxruntime: engine,
    platform: `${process.platform}-${process.arch}`,
  };
}
