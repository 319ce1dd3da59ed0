/** The modules that the command line loads before a command runs. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";

const bin = fileURLToPath(new URL("../../bin/moesaic.js", import.meta.url));
const source = new URL("../", import.meta.url).href;

/** Runs the command line in a separate process; returns the URLs of all loaded modules. */
function loadedModules(...argv: string[]): { out: string; urls: string[] } {
  const folder = mkdtempSync(join(tmpdir(), "moesaic-startup-"));
  const log = join(folder, "modules.txt");
  const hooks = join(folder, "hooks.mjs");
  writeFileSync(log, "");
  writeFileSync(
    hooks,
    `import { appendFileSync } from "node:fs";
export async function load(url, context, next) {
  appendFileSync(${JSON.stringify(log)}, url + "\\n");
  return next(url, context);
}
`,
  );
  const register = join(folder, "register.mjs");
  writeFileSync(
    register,
    `import { register } from "node:module";\nregister(${JSON.stringify(pathToFileURL(hooks).href)});\n`,
  );
  const options = ["--import", pathToFileURL(register).href, bin, ...argv];
  const { status, stdout } = spawnSync(process.execPath, options, { encoding: "utf8" });
  expect(status).toBe(0);
  return { out: stdout, urls: readFileSync(log, "utf8").trim().split("\n") };
}

/** Names of the packages among modules, and paths of the sources. */
function summary(urls: readonly string[]): { packages: string[]; sources: string[] } {
  const packages = urls.flatMap(
    (url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? [],
  );
  const sources = urls
    .filter((url) => url.startsWith(source))
    .map((url) => url.slice(source.length).replace(/\?.*$/, ""));
  return { packages: [...new Set(packages)], sources: [...new Set(sources)] };
}

/** tsx compiles the sources in a clone. */
const inClone = ["tsx", "esbuild", "get-tsconfig", "resolve-pkg-maps"];

test.each([["--version"], ["--help"], ["train", "--help"]])(
  "moesaic %s loads no library except commander",
  (...argv) => {
    const { out, urls } = loadedModules(...argv);
    expect(out).not.toBe("");
    const { packages, sources } = summary(urls);
    expect(packages).toContain("commander");
    expect(packages.filter((name) => name !== "commander" && !inClone.includes(name))).toEqual([]);
    expect(sources).toContain("cli/commands/caption.ts");
    const others = sources.filter((path) => !path.startsWith("cli/") || path.includes("/run/"));
    expect(others.sort()).toEqual(["graph/defined.ts", "graph/errors.ts"]);
  },
);

test("a command loads the modules it needs", () => {
  const { packages, sources } = summary(loadedModules("parameters", "quickstart").urls);
  expect(sources).toContain("cli/commands/run/parameters.ts");
  expect(packages).toEqual(expect.arrayContaining(["zod", "yaml"]));
});
