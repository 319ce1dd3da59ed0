/** What package.json, the lock file and the source tree promise. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const manifest = JSON.parse(read("package.json")) as {
  exports: Record<string, string | { types: string; default: string }>;
  bin: Record<string, string>;
} & Record<"dependencies" | "optionalDependencies" | "devDependencies", Record<string, string>>;

/** Folders of `src/`, the lowest first: a file imports from its own folder and from those before it. */
const layers = [
  "graph",
  "random",
  "config",
  "formats",
  "ops",
  "autodiff",
  "onnx",
  "runtime",
  "nn",
  "losses",
  "optim",
  "moe",
  "models",
  "data",
  "learn",
  "evaluate",
  "inspect",
  "report",
  "live",
  "tasks",
  "recipe",
  "runs",
  "train",
  "domains",
  "server",
  "cli",
] as const;

/** What browsers load, from these files on. */
const browserSafe = [
  "graph",
  "random",
  "ops",
  "autodiff",
  "onnx",
  "nn",
  "moe",
  "losses",
  "optim",
  "evaluate",
  "inspect",
  "live",
  "report/charts",
];

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.name.startsWith(".") || entry.name === "node_modules") return [];
    if (entry.isDirectory()) return entry.name === "fixtures" ? [] : filesBelow(path);
    return [path];
  });
}

const sources = filesBelow("src").filter((path) => path.endsWith(".ts"));
const shipped = sources.filter((path) => !/\.(test|fixture)\.ts$/.test(path));

/** What a file imports: packages by name, files of the project by path. */
function importsOf(path: string): string[] {
  const names = read(path).matchAll(/(?:\bfrom|\bimport\(|^import)\s*"([^"]+)"/gm);
  return [...names].map(([, name]) =>
    name!.startsWith(".") ? relative(root, join(root, path, "..", name!)) : name!,
  );
}

test("dependencies have exact versions", () => {
  const ranges = [manifest.dependencies, manifest.optionalDependencies, manifest.devDependencies]
    .flatMap((group) => Object.entries(group))
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
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

test("the lock file knows the binary packages of all platforms", () => {
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

test("every entry of the package has a source, with its types first", () => {
  for (const [name, target] of Object.entries(manifest.exports)) {
    if (typeof target === "string") continue;
    expect(Object.keys(target), name).toEqual(["types", "default"]);
    expect(target.types, name).toBe(target.default.replace(/\.js$/, ".d.ts"));
    const source = target.default.replace("./dist/", "src/").replace(/\.js$/, ".ts");
    expect(existsSync(join(root, source)), `${name} needs ${source}`).toBe(true);
  }
  for (const folder of layers.filter((name) => name !== "cli" && name !== "config")) {
    expect(manifest.exports, folder).toHaveProperty([`./${folder}`]);
  }
});

test("files import downwards only", () => {
  const offences: string[] = [];
  for (const path of shipped) {
    const folder = path.split("/")[1]!;
    const level = layers.indexOf(folder as (typeof layers)[number]);
    if (folder.endsWith(".ts")) continue; // An entry of the package may import anything.
    if (level === -1) offences.push(`${path}: add the folder ${folder} to the layers of this test`);
    for (const name of importsOf(path)) {
      if (!name.startsWith("src/")) continue;
      const from = layers.indexOf(name.split("/")[1] as (typeof layers)[number]);
      if (from === -1 || from > level) offences.push(`${path} imports ${name}`);
    }
  }
  expect(offences).toEqual([]);
});

test("what browsers load reaches neither Node nor native packages", () => {
  const native = /^(node:|koffi$|sharp$|onnxruntime-node)/;
  const open = shipped.filter((path) =>
    browserSafe.some((part) => path.startsWith(`src/${part}/`)),
  );
  const seen = new Set(open);
  const offences: string[] = [];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const name of importsOf(path)) {
      if (native.test(name)) offences.push(`${path} imports ${name}`);
      if (!name.startsWith("src/") || seen.has(name)) continue;
      seen.add(name);
      open.push(name);
    }
  }
  expect(seen.size).toBeGreaterThan(70);
  expect(offences).toEqual([]);
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

test("no file names a place on somebody's machine, or a package registry", () => {
  const machine = /(?<![\w.~$}-])\/(work|home|root|Users|mnt)\/[\w.]|[A-Z]:\\Users/;
  const registry = /https?:\/\/[^\s"'/]*(registry|npmmirror|artifactory)|^\s*registry\s*=/m;
  const named = texts.filter((path) => machine.test(read(path)) || registry.test(read(path)));
  expect(named).toEqual([]);
});
