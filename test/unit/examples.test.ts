/** Runs the examples and compares their output with their final comment. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { loadWeights } from "../../src/learn/index.ts";
import { writeLiveModel } from "../../src/runs/index.ts";
import { trainLiveRun } from "./live-runs.fixture.ts";
import { temporaryFolder } from "./moesaic.fixture.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const source = (name: string): string => readFileSync(`${root}examples/${name}.ts`, "utf8");

async function printed(name: string, ...options: string[]): Promise<string> {
  const argv = ["--import", "tsx", `examples/${name}.ts`, ...options];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: root });
  return stdout;
}

/** Output of a TypeScript program; it can import everything that examples can. */
async function printedBy(program: string): Promise<string> {
  const folder = temporaryFolder();
  const path = join(folder.path, "program.mts");
  writeFileSync(path, program);
  try {
    const argv = ["--import", "tsx", path];
    return (await promisify(execFile)(process.execPath, argv, { cwd: root })).stdout;
  } finally {
    folder.remove();
  }
}

/** The comment lines at the end of an example. */
function promised(name: string): string {
  const lines = /(?:^\/\/ .*\n)+$/m.exec(source(name))![0];
  return lines.replaceAll(/^\/\/ /gm, "");
}

test.each(["hello-gradients", "moe-layer"])("%s prints what it promises", async (name) => {
  expect(await printed(name)).toBe(promised(name));
});

test("train-your-own trains, scores and saves a model in 30 lines", async () => {
  const lines = source("train-your-own").split("\n");
  const code = lines.filter((line) => !/^\s*($|\/\/|\/\*\*)/.test(line));
  expect(code.length).toBeLessThanOrEqual(30);

  const folder = temporaryFolder();
  try {
    const file = join(folder.path, "shapes.safetensors");
    const accuracyIn = (text: string) => Number(/accuracy: ([\d.]+)/.exec(text)![1]);
    const accuracy = accuracyIn(await printed("train-your-own", file));
    // The last digits of sums differ between machines.
    expect(Math.abs(accuracy - accuracyIn(promised("train-your-own")))).toBeLessThan(0.1);
    expect((await loadWeights(file)).get("head.weight")!.shape).toEqual([8, 64]);
  } finally {
    folder.remove();
  }
}, 240_000);

test("the README contains ten-lines unchanged", () => {
  expect(readFileSync(`${root}README.md`, "utf8")).toContain(source("ten-lines"));
});

test("ten-lines trains, scores and saves a model; here with a few steps", async () => {
  const folder = temporaryFolder();
  const saved = join(folder.path, "shapes.safetensors");
  const program = source("ten-lines")
    .replace("steps: 400", "steps: 4")
    .replace('"shapes.safetensors"', JSON.stringify(saved));
  expect(await printedBy(program)).toMatch(/^{ loss: \d\.\d+, accuracy: 0\.\d+ }\n$/);
  expect(readFileSync(saved).length).toBeGreaterThan(1e6);
  folder.remove();
});

test("open-in-browser opens the files of writeLiveModel, from a web server", async () => {
  const folder = temporaryFolder();
  const run = await trainLiveRun(folder.path, "text-classifier");
  await writeLiveModel(run, join(folder.path, "model"));
  const server = createServer(async ({ url }, response) => {
    response.end(await readFile(join(folder.path, url!)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const program = `
import { openModel } from ${JSON.stringify(join(root, "examples/open-in-browser.ts"))};
const model = await openModel("http://127.0.0.1:${port}/model/");
const { probabilities, routing } = await model.classifyText("a good film");
console.log(JSON.stringify({ probabilities, tokens: routing.tokens }));
model.dispose();`;
  try {
    const { probabilities, tokens } = JSON.parse(await printedBy(program));
    expect(probabilities[0] + probabilities[1]).toBeCloseTo(1, 5);
    expect(tokens.slice(0, 3)).toEqual(["a", "good", "film"]);
  } finally {
    server.closeAllConnections();
    server.close();
    folder.remove();
  }
});

test("generate without its run names the command that trains one", async () => {
  await expect(printed("generate", "runs/nowhere")).rejects.toMatchObject({
    code: 2,
    stderr: "runs/nowhere does not exist; train it first: npx moesaic train makemoe-shakespeare\n",
  });
});
