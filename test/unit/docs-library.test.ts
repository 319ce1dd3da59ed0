/** Checks the types of the code blocks of docs, and runs those of library.md with fewer steps and samples. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { temporaryFolder } from "./moesaic.fixture.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = temporaryFolder();
afterAll(folder.remove);

const programOf = (page: string): string =>
  [...readFileSync(join(root, "docs", page), "utf8").matchAll(/^```ts\n(.*?)^```$/gms)]
    .map(([, code]) => code!)
    .join("\n");
const program = programOf("library.md");
const path = join(folder.path, "library.mts");

test("the blocks of each page form a program without type errors", async () => {
  writeFileSync(path, program);
  symlinkSync(join(root, "node_modules"), join(folder.path, "node_modules")); // has zod
  const plugins = join(folder.path, "extend.mts");
  writeFileSync(plugins, programOf("extend.md"));
  const config = join(folder.path, "tsconfig.json");
  const typeRoots = [join(root, "node_modules/@types")];
  const settings = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: { typeRoots, noUnusedLocals: false },
  };
  writeFileSync(config, JSON.stringify({ ...settings, include: [], files: [path, plugins] }));
  const tsc = join(root, "node_modules/typescript/lib/tsc.js");
  const errors = await promisify(execFile)(process.execPath, [tsc, "-p", config], {
    cwd: root,
  }).then(
    ({ stdout }) => stdout,
    ({ stdout }) => stdout,
  );
  expect(errors).toBe("");
}, 240_000);

test("the program runs, and prints the values in the comments", async () => {
  const short = program
    .replaceAll(/\bsteps: \d+/g, "steps: 2")
    .replaceAll(/\bmaxSteps: \d+/g, "maxSteps: 2")
    .replaceAll(/\b(evalEvery|every): \d+/g, "$1: 1")
    .replace("everySteps(100,", "everySteps(1,")
    .replace("objects: [1, 1] }", "objects: [1, 1], length: 128 }")
    .replace(
      "objects: [1, 1],\n",
      "objects: [1, 1],\n    trainSize: 128, validationSize: 64, testSize: 64,\n",
    )
    .replaceAll(/"(runs\/[\w-]+|[\w-]+\.safetensors)"/g, (_, name: string) =>
      JSON.stringify(join(folder.path, name)),
    );
  writeFileSync(path, short);
  const argv = ["--import", "tsx", path];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: root });
  const lines = stdout.split("\n");
  expect(lines[0]).toMatch(/^loss \d\.\d+, rate 0\.003, norm \d+\.\d+$/);
  for (const line of [
    "1 updates done",
    "2 updates done",
    "[ 64, 8 ]",
    "[ 8, 64 ]",
    "[ 1, 2 ]",
    "[ 14 ] [ 2, 4, 6 ]",
    "[ 3 ]",
  ]) {
    expect(lines).toContain(line);
  }
  expect(stdout.match(/\{ loss: \d+\.\d+, accuracy: [\d.]+ \}/g)).toHaveLength(4);
  for (const run of ["my-classifier", "points"]) {
    expect(existsSync(join(folder.path, "runs", run, "report.html"))).toBe(true);
  }
}, 240_000);
