/** System calls of whole processes: nothing but loopback is connected to. */
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { temporaryFolder, tinyRecipe } from "../unit/moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);
const bin = fileURLToPath(new URL("../../bin/moesaic.js", import.meta.url));
const run = join(folder.path, "run");
const recipe = join(folder.path, "tiny.yaml");
writeFileSync(recipe, tinyRecipe);

const trace = (file: string, argv: readonly string[]): string[] => [
  ...[
    "-f",
    "--seccomp-bpf",
    "-qq",
    "-e",
    "trace=socket,connect,bind,sendto,sendmsg",
    "-o",
    join(folder.path, file),
  ],
  ...[process.execPath, bin, ...argv],
];

/** Calls on Internet sockets, and name lookups through sockets of the machine (AF_UNIX). */
function calls(file: string): string[] {
  const lines = readFileSync(join(folder.path, file), "utf8").split("\n");
  return lines.filter((line) => /AF_INET|htons|nscd|resolve/.test(line));
}

test("training and evaluation open no socket", () => {
  // ONNX Runtime's telemetry client looks up its host some ten seconds after the first session.
  const long = ["train.max_steps=3000", "train.checkpoint_every=500", "train.eval_every=500"];
  for (const [file, argv] of [
    ["train.txt", ["train", recipe, "--run", run, ...long, "train.log_experts_every=100"]],
    ["eval.txt", ["eval", run]],
  ] as const) {
    const { status, stderr, error } = spawnSync("strace", trace(file, argv), { encoding: "utf8" });
    expect(error, "install strace to run this test").toBeUndefined();
    expect(status, stderr).toBe(0);
    expect(calls(file)).toEqual([]);
  }
});

test("the inspector listens on loopback alone", async () => {
  const argv = ["inspect", run, "--no-open", "--port", "0"];
  const child = spawn("strace", trace("inspect.txt", argv), { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      out += chunk;
      const found = /http:\/\/\S+/.exec(out);
      if (found) resolve(found[0]);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("error", reject);
    child.on("exit", () => reject(new Error(`the inspector ended: ${out}`)));
  });
  const page = await fetch(url);
  expect(page.status).toBe(200);
  const ended = new Promise((resolve) => child.on("exit", resolve));
  spawnSync("pkill", ["-INT", "-P", String(child.pid)]);
  await ended;
  const addressed = calls("inspect.txt").filter((line) => /connect\(|bind\(|send/.test(line));
  expect(addressed.length).toBeGreaterThan(0);
  expect(addressed.filter((line) => !/127\.0\.0\.1|::1/.test(line))).toEqual([]);
});
