/** Attention of the class token, in the report of a model that has one. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { moesaic, temporaryFolder } from "../unit/moesaic.fixture.ts";
import { launchBrowser, watch } from "./browser.fixture.ts";

const folder = temporaryFolder();
const run = join(folder.path, "run");
let browser: Browser;

beforeAll(async () => {
  const recipe = join(folder.path, "gmoe.yaml");
  writeFileSync(
    recipe,
    `model:
  system: sf-moe
  patch_size: 4
  width: 16
  num_layers: 2
  num_heads: 2
  blocks: FS
  moe: { num_experts: 3, experts: { mlp_ratio: 1 }, router: { name: cosine, projection_width: 8, noise_scale: 1 } }
data:
  name: shapes
  image_size: 16
  train_size: 64
  validation_size: 16
  test_size: 24
  normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }
train: { batch_size: 8, max_steps: 3 }
`,
  );
  const { code, err } = await moesaic("train", recipe, "--run", run);
  expect(code, err).toBe(0);
  browser = await launchBrowser();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  folder.remove();
});

test("a button shows it by head, and selecting a patch hides it", async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const complaints = watch(page);
  await page.goto(pathToFileURL(join(run, "report.html")).href);
  const first = page.locator("#attention .looks").first();
  const state = first.locator("output").first();
  const button = first.locator("button.class-token");
  const heat = () => first.locator(".of-patches .heat").first().innerHTML();
  await first.locator(".picker svg").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Escape");
  const before = await heat();
  await button.click();
  expect(await state.textContent()).toBe("Attention of the class token.");
  expect(await heat()).not.toBe(before);
  expect(await button.getAttribute("aria-pressed")).toBe("true");
  await page.locator("#attention [data-control=head]").fill("2");
  expect(await state.textContent()).toBe("Attention of the class token, head 1.");
  await page.locator("#attention [data-control=head]").fill("0");
  await first.locator(".picker svg").focus();
  await page.keyboard.press("ArrowRight");
  expect(await state.textContent()).toBe("Attention of the patch in row 3, column 3.");
  expect(await button.getAttribute("aria-pressed")).toBe("false");
  await page.keyboard.press("Escape");
  expect(await heat()).toBe(before);
  expect(complaints).toEqual([]);
  await page.close();
});
