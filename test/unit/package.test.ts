/** Guarantees of package.json, the lock file and the source tree. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const manifest = JSON.parse(read("package.json")) as {
  exports: Record<string, string | { types: string; default: string }>;
  bin: Record<string, string>;
} & Record<"dependencies" | "optionalDependencies" | "devDependencies", Record<string, string>>;

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.name.startsWith(".") || entry.name === "node_modules") return [];
    if (entry.isDirectory()) return entry.name === "fixtures" ? [] : filesBelow(path);
    return [path];
  });
}

function foldersBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "fixtures")
    .flatMap(({ name }) => [`${folder}/${name}`, ...foldersBelow(`${folder}/${name}`)]);
}

test("dependencies have exact versions", () => {
  const ranges = [manifest.dependencies, manifest.optionalDependencies, manifest.devDependencies]
    .flatMap((group) => Object.entries(group))
    .filter(([, version]) => !/^(npm:[@\w/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
  expect(ranges).toEqual([]);
});

test("npm runs no install scripts, and the lock file names no registry", () => {
  expect(read(".npmrc")).toMatch(/^ignore-scripts=true$/m);
  const lock = read("package-lock.json");
  expect(lock).not.toContain('"resolved"');
  expect(lock).not.toMatch(/https?:\/\/[^"/]*registry/);
  const locked = JSON.parse(lock).packages[""];
  expect(locked.dependencies).toEqual(manifest.dependencies);
  expect(locked.devDependencies).toEqual(manifest.devDependencies);
});

test("the lock file has the binary packages of all platforms", () => {
  const { packages } = JSON.parse(read("package-lock.json")) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages),
    ),
  );
  expect(missing, "run node scripts/complete-lock.js").toEqual([]);
});

test("every entry of the package has a source, and its types come first", () => {
  for (const [name, target] of Object.entries(manifest.exports)) {
    if (typeof target === "string") continue;
    expect(Object.keys(target), name).toEqual(["types", "default"]);
    expect(target.types, name).toBe(target.default.replace(/\.js$/, ".d.ts"));
    const source = target.default.replace("./dist/", "src/").replace(/\.js$/, ".ts");
    expect(existsSync(join(root, source)), `${name} needs ${source}`).toBe(true);
  }
  for (const folder of foldersBelow("src").filter((path) =>
    /^src\/(?!cli|config)[^/]+$/.test(path),
  )) {
    expect(manifest.exports, folder).toHaveProperty([folder.replace("src", ".")]);
  }
});

const texts = [
  ...["bench", "bin", "docs", "examples", "inspector", "recipes", "scripts", "src", "test"].flatMap(
    filesBelow,
  ),
  ...readdirSync(root).filter((name) => /\.(md|json|ts)$|^LICENSE$|^\.npmrc$/.test(name)),
  ...readdirSync(join(root, ".ci")).map((name) => `.ci/${name}`),
].filter((path) => !/\.(png|jpg)$/.test(path) && path !== "package-lock.json");

test("no file is longer than 400 lines", () => {
  const long = texts
    .map((path) => ({ path, lines: read(path).split("\n").length - 1 }))
    .filter(({ lines }) => lines > 400);
  expect(long).toEqual([]);
});

test("no folder of src except ops has more than 20 loose source files", () => {
  const large = foldersBelow("src")
    .filter((folder) => folder !== "src/ops")
    .map((folder) => {
      const files = readdirSync(join(root, folder), { withFileTypes: true })
        .filter((entry) => entry.isFile() && !/\.(test|fixture)\.ts$/.test(entry.name))
        .map((entry) => entry.name);
      return { folder, files: files.length };
    })
    .filter(({ files }) => files > 20);
  expect(large, "group files that belong together in a folder").toEqual([]);
});

test("no file contains a path of somebody's machine, or a package registry", () => {
  const machine = /(?<![\w.~$}-])\/(work|home|root|Users|mnt)\/[\w.]|[A-Z]:\\Users/;
  const registry = /https?:\/\/[^\s"'/]*(registry|npmmirror|artifactory)|^\s*registry\s*=/m;
  const named = texts.filter((path) => machine.test(read(path)) || registry.test(read(path)));
  expect(named).toEqual([]);
});
