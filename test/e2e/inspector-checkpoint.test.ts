/** The inspector on checkpoints from the hub: a typed text, its experts, gates and load. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readTextModel } from "../../src/runs/open-text-model.ts";
import { createTextRouter } from "../../src/runs/text-routing/text-router.ts";
import {
  openRuns,
  type RunningServer,
  readAppFiles,
  serveModels,
  serveRuns,
} from "../../src/server/index.ts";
import { temporaryFolder } from "../unit/moesaic.fixture.ts";
import { launchBrowser } from "./browser.fixture.ts";
import {
  buildInspector,
  narrow,
  overflow,
  picture,
  settled,
  visit,
  wide,
} from "./inspector.fixture.ts";

const fixtures = fileURLToPath(new URL("../../src/pretrained/fixtures/", import.meta.url));
const passage = "the router sends each token to the best experts";
const folder = temporaryFolder();
let browser: Browser;
let server: RunningServer;

beforeAll(async () => {
  const page = await buildInspector(join(folder.path, "page"));
  const damaged = join(folder.path, "damaged");
  cpSync(join(fixtures, "qwen3_moe"), damaged, { recursive: true });
  const weights = readFileSync(join(damaged, "model.safetensors"));
  weights.fill(0xff, weights.length - 64); // NaN
  writeFileSync(join(damaged, "model.safetensors"), weights);
  const names = ["qwen3_moe", "llama"].map((name) => join(fixtures, name));
  const [registry, files] = [await openRuns([]), await readAppFiles(page)];
  const models = await serveModels([...names, damaged]);
  server = await serveRuns({ registry, files, models, host: "127.0.0.1", port: 0 });
  browser = await launchBrowser();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  folder.remove();
});

test.each([wide, narrow])("the list shows checkpoints at $width pixels", async (look) => {
  const { page, complaints } = await visit(browser, server.url, "", look);
  expect(await page.locator("h1").textContent()).toBe("Checkpoints");
  expect(await page.locator(".card.model b").allTextContents()).toEqual([
    "qwen3_moe",
    "llama",
    "damaged",
  ]);
  expect(await page.locator(".bar-line .crumb").textContent()).toBe("3 checkpoints");
  expect(await overflow(page)).toBe(0);
  await picture(page, `checkpoints-${look.width}`);
  await page.locator(".card.model").first().click();
  await settled(page);
  expect(await page.locator("h1").textContent()).toBe("qwen3_moe");
  expect(complaints).toEqual([]);
  await page.close();
});

test.each([wide, narrow])(
  "a typed text is shown with its experts, gates and load at $width pixels",
  async (look) => {
    const { page, complaints } = await visit(browser, server.url, "#/model/qwen3_moe", look);
    const figures = await page.locator(".figures dd").allTextContents();
    expect(figures).toContain("2 of 4per token");
    await page.getByLabel("Text to route").fill(passage);
    await page.getByRole("button", { name: "Show the experts" }).click();
    await page.locator(".tokens").waitFor();
    await settled(page);

    const router = createTextRouter(await readTextModel(join(fixtures, "qwen3_moe")), 64);
    const { tokens, layers } = await router.route(passage);
    router.dispose();
    const shown = page.locator(".tokens button");
    expect(await shown.locator("b").allTextContents()).toEqual(layers[1]!.ids[0]!.map(String));
    expect(await shown.count()).toBe(tokens.length);

    await page.getByRole("slider", { name: "Layer" }).fill("0");
    await page.getByRole("button", { name: "second", exact: true }).click();
    await page.waitForURL(/choice=1/);
    expect(await shown.locator("b").allTextContents()).toEqual(layers[0]!.ids[1]!.map(String));
    const weight = layers[0]!.combineWeights[1]![3]!;
    expect(await shown.nth(3).getAttribute("aria-label")).toContain(`weight ${weight.toFixed(2)}`);
    await shown.nth(3).click();
    expect(await page.locator(".decision-bars svg").count()).toBe(1);
    expect(await page.locator(".loads svg").count()).toBe(1);
    expect(await page.locator("tbody tr").count()).toBe(2);
    expect(await overflow(page)).toBe(0);
    await picture(page, `checkpoint-${look.width}`);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

test("a dense checkpoint has no text to route", async () => {
  const { page } = await visit(browser, server.url, "#/model/llama");
  expect(await page.locator(".lede").textContent()).toContain("so it has no routing");
  expect(await page.locator("textarea").count()).toBe(0);
  await page.close();
});

test("problems are sentences on the page: weights, an unknown checkpoint, a server that ended", async () => {
  const { page } = await visit(browser, server.url, "#/model/damaged");
  const read = page.getByRole("button", { name: "Show the experts" });
  await read.click();
  await page.locator(".problem").waitFor();
  expect(await page.locator(".problem").textContent()).toContain("has values that are not finite");

  const unknown = await visit(browser, server.url, "#/model/none");
  expect(await unknown.page.locator(".empty").textContent()).toContain("no checkpoint “none”");
  await unknown.page.close();

  await page.route("**/routing", (route) => route.abort());
  await read.click();
  await page.getByText("the server does not answer").waitFor();
  await page.close();
});
