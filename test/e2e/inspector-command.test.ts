/** `moesaic inspect` as a process, on a run with many metrics, and the time until a page is shown. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "../unit/moesaic.fixture.ts";
import { launchBrowser, watch } from "./browser.fixture.ts";

const bin = fileURLToPath(new URL("../../bin/moesaic.js", import.meta.url));
const folder = temporaryFolder();
const LINES = 100_000;
let browser: Browser;
beforeAll(async () => {
  writeLongRun(join(folder.path, "long"));
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  folder.remove();
});

/** A run of 2000 steps with 50 metrics each. */
function writeLongRun(path: string): void {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "config.yaml"), "recipe: long\nmodel: { system: vit-moe }\n");
  const names = ["loss", "accuracy", "grad_norm", "learning_rate"];
  for (let i = 0; names.length < 50; i++) names.push(`experts/blocks.${i >> 3}.moe/load_${i % 8}`);
  const lines = Array.from({ length: LINES }, (_, i) => {
    const step = Math.floor(i / names.length);
    const value = 1 / (1 + step) + ((i * 7919) % 997) / 10_000;
    return JSON.stringify({
      ...{ step, epoch: 0, split: "train", name: names[i % names.length]! },
      ...{ value, seconds: step / 10 },
    });
  });
  writeFileSync(join(path, "metrics.jsonl"), `${lines.join("\n")}\n`);
}

/** Starts the command and waits for its address. */
async function startInspector(): Promise<{ child: ChildProcess; url: string; err: () => string }> {
  const argv = [bin, "inspect", join(folder.path, "long"), "--no-open", "--json", "--port", "0"];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stderr.on("data", (bytes: Buffer) => (err += bytes));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (bytes: Buffer) => {
      out += bytes;
      if (out.endsWith("}\n")) resolve((JSON.parse(out) as { url: string }).url);
    });
    child.on("close", () => reject(new Error(`the inspector ended: ${err}`)));
  });
  return { child, url, err: () => err };
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on("close", resolve));
}

/** Milliseconds until the curves of the run are drawn, by a fresh server. */
async function firstView(): Promise<number> {
  const { child, url, err } = await startInspector();
  const page = await browser.newPage();
  const complaints = watch(page);
  const start = performance.now();
  await page.goto(`${url}#/run/long/overview`);
  await page.locator(".card.curve svg").first().waitFor();
  const elapsed = performance.now() - start;
  expect(complaints).toEqual([]);
  await page.close();
  const closed = ended(child);
  child.kill("SIGINT");
  expect([await closed, err().includes("press Ctrl-C to stop")]).toEqual([0, true]);
  return elapsed;
}

test("a run with 100k lines of metrics is drawn within a second; Ctrl-C ends the server", async () => {
  const times: number[] = [];
  for (let i = 0; i < 4; i++) times.push(await firstView());
  console.log(`first views after ${times.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  // Other programs may use the machine: the fastest view counts, and the limit grows with the load.
  const share = Math.max(1, loadavg()[0]! / availableParallelism());
  expect(Math.min(...times)).toBeLessThan(1000 * share);
}, 240_000);
