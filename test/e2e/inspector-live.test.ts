/** A live run whose metrics grow, and whose server stops and restarts. */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunningServer } from "../../src/server/index.ts";
import { temporaryFolder } from "../unit/moesaic.fixture.ts";
import { launchBrowser } from "./browser.fixture.ts";
import { buildInspector, inspect, picture, visit } from "./inspector.fixture.ts";

const folder = temporaryFolder();
const runs = join(folder.path, "runs");
const metrics = join(runs, "growing", "metrics.jsonl");
let browser: Browser;
let server: RunningServer;
let built: string;

/** Appends the loss and the accuracy of several steps. */
function train(from: number, to: number): void {
  let lines = "";
  for (let step = from; step <= to; step++) {
    for (const [name, value] of Object.entries({ loss: 4 / step, accuracy: 1 - 1 / step })) {
      lines += `${JSON.stringify({ step, epoch: 0, split: "train", name, value, seconds: step })}\n`;
    }
  }
  appendFileSync(metrics, lines);
}

beforeAll(async () => {
  mkdirSync(join(runs, "growing"), { recursive: true });
  writeFileSync(
    join(runs, "growing", "config.yaml"),
    "recipe: growing\nmodel: { system: vit-moe }\n",
  );
  train(1, 20);
  built = await buildInspector(join(folder.path, "page"));
  server = await inspect(built, runs);
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  folder.remove();
});

test("new points arrive within two seconds, nothing moves, and the page reconnects to a restarted server", async () => {
  const { page } = await visit(browser, server.url, "#/run/growing/overview");
  const loss = page.locator(".card.curve", { hasText: "Loss" }).locator(".legend b").first();
  const step = page.locator(".figures div", { hasText: "Step" }).locator("dd");
  expect(await loss.textContent()).toBe("0.2");
  await page.evaluate(() => {
    const shifts: number[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        shifts.push((entry as unknown as { value: number }).value);
    }).observe({ type: "layout-shift", buffered: false });
  });

  const start = Date.now();
  train(21, 40);
  await expect.poll(() => loss.textContent(), { timeout: 5000, interval: 50 }).toBe("0.1");
  const seconds = (Date.now() - start) / 1000;
  console.log(`new points after ${seconds.toFixed(2)} s`);
  expect(seconds).toBeLessThan(2);
  await expect.poll(() => step.textContent(), { timeout: 5000 }).toMatch(/^40/);
  const shifts = await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts);
  expect(shifts.reduce((sum, value) => sum + value, 0)).toBeLessThan(0.01);

  const { port } = server;
  await server.close();
  await page.locator(".state.lost", { hasText: "connection lost" }).waitFor({ timeout: 10_000 });
  train(41, 80);
  server = await inspect(built, runs, port);
  await expect.poll(() => loss.textContent(), { timeout: 20_000 }).toBe("0.05");
  await page.locator(".state.lost").waitFor({ state: "detached" });
  await picture(page, "live-1440");

  // A restarted run replaces the old points.
  writeFileSync(metrics, "");
  train(1, 4);
  await expect.poll(() => loss.textContent(), { timeout: 10_000 }).toBe("1");
  await page.close();
});
