import { join } from "node:path";
import { expect, test } from "vitest";
import { UserError } from "../../graph/errors.ts";
import { openApi } from "./api.ts";
import { findLibrary, type LibrarySearch, systemSearch } from "./library.ts";

const linux: LibrarySearch = {
  platform: "linux",
  arch: "x64",
  resolvePackage: () => "/modules/onnxruntime-node/package.json",
  exists: () => true,
};

function failure(work: () => unknown): UserError {
  try {
    work();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("no error was thrown");
}

test("the library of each platform is found inside the package", () => {
  const at = (platform: string, arch: string) => findLibrary({ ...linux, platform, arch });
  const folder = join("/modules/onnxruntime-node", "bin", "napi-v6");
  expect(at("linux", "x64")).toBe(join(folder, "linux", "x64", "libonnxruntime.so.1"));
  expect(at("linux", "arm64")).toBe(join(folder, "linux", "arm64", "libonnxruntime.so.1"));
  expect(at("darwin", "arm64")).toBe(join(folder, "darwin", "arm64", "libonnxruntime.1.dylib"));
  expect(at("win32", "x64")).toBe(join(folder, "win32", "x64", "onnxruntime.dll"));
});

test("a missing package is reported with the command to install it", () => {
  const missing = () => {
    throw new Error("Cannot find module");
  };
  const error = failure(() => findLibrary({ ...linux, resolvePackage: missing }));
  expect(error.message).toContain("onnxruntime-node");
  expect(error.message).toContain("linux/x64");
  expect(error.message).toContain("npm install");
  expect(error.exitCode).toBe(1);
});

test("an unsupported platform is reported", () => {
  const error = failure(() => findLibrary({ ...linux, platform: "darwin", arch: "x64" }));
  expect(error.message).toContain("no ONNX Runtime library for darwin/x64");
  expect(error.message).toContain("MOESAIC_ONNXRUNTIME");
});

test("a package without its library suggests a reinstall", () => {
  const error = failure(() => findLibrary({ ...linux, exists: () => false }));
  expect(error.message).toContain("reinstall");
});

test("MOESAIC_ONNXRUNTIME takes precedence and must exist", () => {
  expect(findLibrary({ ...linux, override: "/opt/libonnxruntime.so" })).toBe(
    "/opt/libonnxruntime.so",
  );
  const error = failure(() =>
    findLibrary({ ...linux, override: "/nowhere.so", exists: () => false }),
  );
  expect(error.message).toContain("MOESAIC_ONNXRUNTIME names /nowhere.so");
});

test("the installed library opens and reports its version", () => {
  expect(openApi(findLibrary(systemSearch())).version).toMatch(/^1\.\d+\.\d+/);
});

test("a file that is not a library is refused with its path", () => {
  const error = failure(() => openApi(import.meta.filename));
  expect(error.message).toContain("library.test.ts cannot be loaded");
});
