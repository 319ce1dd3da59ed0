/** A process that is killed during a save, at each step of the pruning after it. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openRunDirectory } from "../run-directory.ts";
import { listCheckpoints } from "./checkpoint-store.ts";

const folder = mkdtempSync(join(tmpdir(), "moesaic-pruning-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Saves step 15 beside 5 and 10, and kills itself at the named operation on the dropped folder of 5. */
async function killAt(point: string): Promise<{ run: string; left: string[] }> {
  const run = join(folder, point);
  const opened = await openRunDirectory(run);
  await opened.writeConfig("recipe: tiny\n");
  for (const step of [5, 10]) await opened.saveCheckpoint(step, { a: "1", b: "2" });
  await opened.close();
  const script = join(folder, `${point}.mjs`);
  writeFileSync(
    script,
    `import * as fs from "node:fs/promises";
import { openRunDirectory } from ${JSON.stringify(new URL("../run-directory.ts", import.meta.url).href)};
const point = ${JSON.stringify(point)};
const die = () => { process.kill(process.pid, "SIGKILL"); return new Promise(() => {}); };
const isDropped = (path) => path.endsWith(".drop-5");
let removals = 0;
const run = await openRunDirectory(${JSON.stringify(run)}, { resume: true });
await run.saveCheckpoint(15, { a: "1", b: "2" }, { fs: {
  ...fs,
  async rename(from, to) {
    if (isDropped(to) && point === "before-rename") return die();
    await fs.rename(from, to);
    if (isDropped(to) && point === "after-rename") return die();
  },
  async rm(path, options) {
    if (isDropped(path) && ++removals === 2 && point === "within-removal") {
      await fs.rm(path + "/checkpoint.json");
      return die();
    }
    await fs.rm(path, options);
    if (isDropped(path) && removals === 2 && point === "after-removal") return die();
  },
} });
`,
  );
  const child = spawn(process.execPath, ["--import", "tsx", script], { stdio: "ignore" });
  const signal = await new Promise((resolve) => child.on("exit", (_, by) => resolve(by)));
  expect(signal).toBe("SIGKILL");
  return { run, left: readdirSync(join(run, "checkpoints")).sort() };
}

test("the next start removes what a killed pruning left", { timeout: 60_000 }, async () => {
  const expected = {
    "before-rename": ["10", "15", "5"],
    "after-rename": [".drop-5", "10", "15"],
    "within-removal": [".drop-5", "10", "15"],
    "after-removal": ["10", "15"],
  };
  const killed = await Promise.all(
    Object.entries(expected).map(async ([point, names]) => {
      const { run, left } = await killAt(point);
      expect(left, point).toEqual(names);
      return run;
    }),
  );
  for (const run of killed) {
    const next = await openRunDirectory(run, { resume: true });
    expect(next.resumedFrom?.step).toBe(15);
    await next.pruneCheckpoints(2);
    expect(readdirSync(join(run, "checkpoints")).sort()).toEqual(["10", "15"]);
    expect((await listCheckpoints(run)).map(({ step }) => step)).toEqual([10, 15]);
    await next.close();
  }
});

test("folders that an older version removed file by file are removed", async () => {
  const run = join(folder, "older");
  const first = await openRunDirectory(run);
  await first.writeConfig("recipe: tiny\n");
  for (const step of [5, 10]) await first.saveCheckpoint(step, { a: "1" });
  await first.close();
  rmSync(join(run, "checkpoints", "5", "checkpoint.json"));
  await (await openRunDirectory(run, { resume: true })).close();
  expect(readdirSync(join(run, "checkpoints"))).toEqual(["10"]);
});
