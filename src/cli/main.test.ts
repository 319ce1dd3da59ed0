import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { main } from "./main.ts";

/** Runs a command in this process. */
async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const code = await main(argv, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}

const folder = mkdtempSync(join(tmpdir(), "moesaic-cli-"));

test.each<[string, string[], string]>([
  ["unknown command", ["trian"], "unknown command trian; did you mean train?"],
  ["unknown option", ["recipes", "--jsno"], "unknown option --jsno; did you mean --json?"],
  ["unknown before required option", ["generate", "r", "--promt", "a"], "unknown option --promt"],
  ["unknown subcommand", ["data", "gte"], "unknown command gte; did you mean get?"],
  ["missing argument", ["eval"], "missing required argument run"],
  ["excess argument", ["recipes", "now"], "too many arguments for recipes"],
  ["unknown data set", ["data", "get", "fashion-mnits"], "did you mean fashion-mnist?"],
  ["missing recipe", ["train"], "name a recipe or a file to train, for example"],
  ["missing run to resume", ["train", "--resume", "seed=1"], "name a recipe or a file to train"],
])("%s: one line on stderr and exit code 2", async (_, argv, message) => {
  const { code, out, err } = await run(...argv);
  expect(code).toBe(2);
  expect(err).toMatch(/^error: [^\n]*\n$/);
  expect(err).toContain(message);
  expect(out).toBe("");
});

test("under --json an error is a document on stdout", async () => {
  const { code, out, err } = await run("data", "get", "zebra", "--json");
  expect(code).toBe(2);
  expect(JSON.parse(out)).toEqual({
    error: expect.stringContaining("unknown data set zebra; known: shapes, "),
  });
  expect(err).toBe("");
});

test("version and help exit with 0, and a missing command is an error", async () => {
  expect(await run("--version")).toEqual({ code: 0, out: `${packageJson.version}\n`, err: "" });
  const { code, out } = await run("train", "--help");
  expect(code).toBe(0);
  expect(out).toContain("Usage: moesaic train <recipe|file> [key=value ...] [options]");
  expect(out).toContain("moesaic train quickstart model.width=96");
  const nothing = await run();
  expect(nothing.code).toBe(2);
  expect(nothing.err).toContain("Examples:");
  expect((await run("data")).code).toBe(2);
});

test("data list shows which sets are present", async () => {
  const { code, out } = await run("data", "list", "--json", "--root", folder);
  expect(code).toBe(0);
  const states = Object.fromEntries(
    (JSON.parse(out) as { name: string; state: string }[]).map(({ name, state }) => [name, state]),
  );
  expect(states).toMatchObject({
    shapes: "generated",
    mnist: "absent",
    cifar10: "to be placed",
    "text-file": "yours",
    "clip-bpe": "absent",
  });
  const table = await run("data", "list", "--root", folder);
  expect(table.out).toMatch(/^data set +state +terms +description\nshapes +generated /);
});

test("--plugin adds definitions before the command runs", async () => {
  const plugin = fileURLToPath(new URL("../data/plugin.fixture.ts", import.meta.url));
  const { code, out } = await run("data", "list", "--json", "--plugin", plugin);
  expect(code).toBe(0);
  expect((JSON.parse(out) as { name: string }[]).map(({ name }) => name)).toContain("stripes");
  const missing = await run("data", "list", "--plugin", "./none.js");
  expect([missing.code, missing.out]).toEqual([2, ""]);
  expect(missing.err).toMatch(/^error: the plug-in \.\/none\.js does not exist; [^\n]*\n$/);
});

/** Runs the executable in a separate process. */
function execute(...argv: string[]): { status: number | null; stdout: string; stderr: string } {
  const bin = fileURLToPath(new URL("../../bin/moesaic.js", import.meta.url));
  return spawnSync(bin, argv, { encoding: "utf8", env: { ...process.env, FORCE_COLOR: "0" } });
}

test("the executable lists recipes as JSON and nothing else on stdout", () => {
  const { status, stdout } = execute("recipes", "--json");
  expect(status).toBe(0);
  expect(Array.isArray(JSON.parse(stdout))).toBe(true);
});

test("the executable exits with 2 on a mistyped recipe", () => {
  const { status, stdout, stderr } = execute("train", "no-such-recipe");
  expect(stderr).toMatch(/^error: unknown recipe no-such-recipe[^\n]*\n$/);
  expect([status, stdout]).toEqual([2, ""]);
});

test("a mistyped key in a file is shown with its line", async () => {
  const path = join(folder, "typo.yaml");
  writeFileSync(path, "# Typo.\nsede: 1\n");
  const { code, err } = await run("train", path);
  expect(err).toBe(`error: unknown key sede at ${path}:2:1; did you mean seed?\n`);
  expect(code).toBe(2);
});
