/** Finds ONNX Runtime's shared library. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { UserError } from "../../graph/errors.ts";

/** Shared libraries in the package `onnxruntime-node`, by `platform/arch`. */
const shippedLibraries: Readonly<Record<string, string>> = {
  "linux/x64": "libonnxruntime.so.1",
  "linux/arm64": "libonnxruntime.so.1",
  "darwin/arm64": "libonnxruntime.1.dylib",
  "win32/x64": "onnxruntime.dll",
  "win32/arm64": "onnxruntime.dll",
};

/** Inputs of the search; tests replace them. */
export interface LibrarySearch {
  readonly platform: string;
  readonly arch: string;
  /** Path of a library to use instead, from MOESAIC_ONNXRUNTIME. */
  readonly override?: string | undefined;
  /** Path of `onnxruntime-node/package.json`. @throws Error if the package is missing */
  readonly resolvePackage: () => string;
  readonly exists: (path: string) => boolean;
}

/** The search on this machine. */
export function systemSearch(): LibrarySearch {
  return {
    platform: process.platform,
    arch: process.arch,
    override: process.env.MOESAIC_ONNXRUNTIME,
    resolvePackage: () => createRequire(import.meta.url).resolve("onnxruntime-node/package.json"),
    exists: existsSync,
  };
}

/**
 * Path of the shared library.
 *
 * @throws UserError if the platform has no library or it is not installed, with what to install
 */
export function findLibrary(search: LibrarySearch = systemSearch()): string {
  const { platform, arch, override } = search;
  if (override !== undefined && override !== "") {
    if (search.exists(override)) return override;
    throw new UserError(
      `MOESAIC_ONNXRUNTIME names ${override}, which does not exist; set it to the full path of an ONNX Runtime shared library or unset it`,
    );
  }
  const name = shippedLibraries[`${platform}/${arch}`];
  if (name === undefined) {
    throw new UserError(
      `onnxruntime-node has no ONNX Runtime library for ${platform}/${arch} (it has ${Object.keys(shippedLibraries).join(", ")}); set MOESAIC_ONNXRUNTIME to the path of one built for it`,
    );
  }
  let manifest: string;
  try {
    manifest = search.resolvePackage();
  } catch (cause) {
    throw new UserError(
      `the package onnxruntime-node, which carries the ONNX Runtime library for ${platform}/${arch}, is not installed; run npm install --ignore-scripts onnxruntime-node`,
      { cause },
    );
  }
  const path = join(dirname(manifest), "bin", "napi-v6", platform, arch, name);
  if (search.exists(path)) return path;
  throw new UserError(
    `the package onnxruntime-node holds no ${path}; reinstall it with npm install --ignore-scripts onnxruntime-node`,
  );
}
