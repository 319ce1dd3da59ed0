/** The packed archive in an empty project: its programs, its types, and a page built with Vite. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeLiveModel } from "../../src/runs/export-live-model.ts";
import { trainLiveRun } from "../unit/live-runs.fixture.ts";
import { temporaryFolder } from "../unit/moesaic.fixture.ts";
import { launchBrowser, serve, watch } from "./browser.fixture.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = temporaryFolder();
const project = join(folder.path, "project");
const at = (...names: string[]): string => join(project, ...names);
afterAll(folder.remove);

function run(command: string, ...argv: string[]): string {
  try {
    return execFileSync(command, argv, { cwd: project, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${argv.join(" ")} failed:\n${stdout}\n${stderr}`);
  }
}

beforeAll(() => {
  mkdirSync(project);
  writeFileSync(at("package.json"), '{ "private": true, "type": "module" }\n');
  execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: "pipe" });
  execFileSync("npm", ["pack", "--silent", "--pack-destination", folder.path], { cwd: root });
  const archive = readdirSync(folder.path).find((name) => name.endsWith(".tgz"));
  run("npm", "install", "--prefer-offline", "--no-audit", "--no-fund", `../${archive}`);
}, 300_000);

test("the command line and the README's program run", () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(run("npx", "moesaic", "--version").trim()).toBe(version);
  const program = readFileSync(join(root, "examples/ten-lines.ts"), "utf8");
  writeFileSync(at("program.ts"), program.replace("steps: 400", "steps: 8"));
  writeFileSync(
    at("tsconfig.json"),
    JSON.stringify({ compilerOptions: nodeNext, files: ["program.ts"] }),
  );
  run(process.execPath, compiler);
  expect(run(process.execPath, "program.js")).toMatch(/^\{ loss: \d\.\d+, accuracy: 0\.\d+ \}\n$/);
  expect(statSync(at("shapes.safetensors")).size).toBeGreaterThan(100_000);
}, 120_000);

const compiler = join(root, "node_modules/typescript/bin/tsc6");
const nodeNext = {
  strict: true,
  module: "nodenext",
  target: "es2022",
  types: ["node"],
  skipLibCheck: false,
};

test("all entries compile under strict NodeNext TypeScript that checks libraries", () => {
  const { exports } = JSON.parse(readFileSync(at("node_modules/moesaic/package.json"), "utf8"));
  const entries = Object.keys(exports).filter((name) => typeof exports[name] === "object");
  expect(entries.length).toBeGreaterThan(20);
  const imports = entries.map((name, i) => `import * as e${i} from "moesaic${name.slice(1)}";`);
  const used = `export const all: object[] = [${entries.map((_, i) => `e${i}`).join(", ")}];`;
  writeFileSync(at("entries.ts"), `${imports.join("\n")}\n${used}\n`);
  const files = { compilerOptions: { ...nodeNext, noEmit: true }, files: ["entries.ts"] };
  writeFileSync(at("tsconfig.json"), JSON.stringify(files));
  expect(run(process.execPath, compiler)).toBe("");
}, 120_000);

test("a page of Vite holds at most 15 MB of WebAssembly and classifies an image", async () => {
  const trained = await trainLiveRun(folder.path, "vit-moe");
  await writeLiveModel(trained, at("public", "model"));
  cpSync(join(root, "examples/open-in-browser.ts"), at("open-in-browser.ts"));
  writeFileSync(
    at("main.ts"),
    `import { openModel } from "./open-in-browser.ts";
const model = await openModel("./model/");
const data = new Uint8Array(16 * 16 * 3).fill(128);
const { probabilities } = await model.classifyImage!({ width: 16, height: 16, channels: 3, data });
document.title = String(probabilities.reduce((sum, p) => sum + p, 0));
`,
  );
  writeFileSync(
    at("index.html"),
    '<!doctype html><link rel="icon" href="data:,"><script type="module" src="./main.ts"></script>',
  );
  const options = { configFile: false, logLevel: "silent", base: "./" } as const;
  await build({ ...options, root: project, build: { target: "es2023" } });
  const assets = readdirSync(at("dist/assets")).filter((name) => name.endsWith(".wasm"));
  const sizes = assets.map((name) => statSync(at("dist/assets", name)).size);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(15e6);
  const server = await serve(at("dist"));
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    const complaints = watch(page);
    await page.goto(`${server.url}/index.html`);
    await expect.poll(() => page.title(), { timeout: 60_000 }).toMatch(/^(1|0\.9999|1\.0000)/);
    expect(complaints).toEqual([]);
  } finally {
    await browser.close();
    await server.close();
  }
}, 180_000);
