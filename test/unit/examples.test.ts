/** Runs the examples and compares what they print with the comment that each ends with. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const source = (name: string): string => readFileSync(`${root}examples/${name}.ts`, "utf8");

async function printed(name: string): Promise<string> {
  const argv = ["--import", "tsx", `examples/${name}.ts`];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: root });
  return stdout;
}

/** The comment lines at the end of an example. */
function promised(name: string): string {
  const lines = /(?:^\/\/ .*\n)+$/m.exec(source(name))![0];
  return lines.replaceAll(/^\/\/ /gm, "");
}

test.each(["hello-gradients", "moe-layer"])("%s prints what it promises", async (name) => {
  expect(await printed(name)).toBe(promised(name));
});

test("the README shows the first example as it is", () => {
  expect(readFileSync(`${root}README.md`, "utf8")).toContain(source("hello-gradients"));
});
