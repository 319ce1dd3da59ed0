/** Attention in the report of a model that reads captions, by mouse and keyboard. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { moesaic, temporaryFolder } from "../unit/moesaic.fixture.ts";
import { launchBrowser, watch } from "./browser.fixture.ts";

const folder = temporaryFolder();
const run = join(folder.path, "run");
const report = pathToFileURL(join(run, "report.html")).href;
let browser: Browser;

beforeAll(async () => {
  const recipe = join(folder.path, "captions.yaml");
  writeFileSync(
    recipe,
    `model:
  system: diff-moe
  patch_size: 4
  width: 16
  num_layers: 2
  num_heads: 2
  mlp_ratio: 1
  init_std: 0.4
  text: captions
  text_embed_dim: 8
  context_length: 20
data:
  name: shapes
  image_size: 16
  train_size: 64
  validation_size: 16
  test_size: 24
  tokenizer: { kind: word }
  normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }
train: { batch_size: 8, max_steps: 3 }
`,
  );
  expect((await moesaic("train", recipe, "--run", run)).code).toBe(0);
  browser = await launchBrowser();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  folder.remove();
});

/** The levels of the patches of one map, row by row. */
const levelsOf = (page: Page, tile: string): Promise<string[]> =>
  page
    .locator(`#attention .looks:first-child ${tile} .heat`)
    .first()
    .evaluate((heat) => {
      const levels = Array<string>(16).fill("none");
      for (const path of heat.querySelectorAll("path")) {
        for (const [, x, y, length] of (path.getAttribute("d") ?? "").matchAll(
          /M(\d+) (\d+)h(\d+)/g,
        )) {
          for (let i = 0; i < Number(length); i++) {
            levels[Number(y) * 4 + Number(x) + i] = path.getAttribute("class") ?? "";
          }
        }
      }
      return levels;
    });

test.each([
  [1280, "light"],
  [390, "dark"],
] as const)(
  "%i pixels wide, %s: maps are shown and nothing overflows",
  async (width, colorScheme) => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const complaints = watch(page);
    await page.goto(report);
    expect(await page.locator("#attention .looks").count()).toBe(12);
    expect(await page.locator("#attention .of-patches").count()).toBe(24);
    expect(await page.locator("#attention .of-words").count()).toBe(24);
    for (const level of await levelsOf(page, ".of-patches")) expect(level).toMatch(/^a\d+$/);
    expect(await page.locator("#decisions .patch svg.chart").count()).toBe(12);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

test("a patch is selected and deselected by mouse and keyboard", async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const complaints = watch(page);
  await page.goto(report);
  const first = page.locator("#attention .looks").first();
  const state = first.locator("output").first();
  const before = await levelsOf(page, ".of-patches");
  await first.locator(".picker svg").focus();
  await page.keyboard.press("ArrowRight"); // starts at the centre
  expect(await state.textContent()).toBe("Attention of the patch in row 3, column 3.");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft"); // stays at the edge
  expect(await state.textContent()).toBe("Attention of the patch in row 2, column 1.");
  const picker = first.locator(".picker svg");
  expect(await picker.getAttribute("aria-valuetext")).toBe("row 2, column 1");
  expect(await picker.getAttribute("aria-valuenow")).toBe("5");
  const chosen = await levelsOf(page, ".of-patches");
  expect(chosen).not.toEqual(before);

  await page.locator("#attention [data-control=head]").fill("2");
  expect(await state.textContent()).toBe("Attention of the patch in row 2, column 1, head 1.");
  expect(await levelsOf(page, ".of-patches")).not.toEqual(chosen);
  await page.locator("#attention [data-control=head]").fill("0");
  expect(await levelsOf(page, ".of-patches")).toEqual(chosen);

  await picker.focus();
  await page.keyboard.press("Escape");
  expect(await levelsOf(page, ".of-patches")).toEqual(before); // as initially
  const box = (await picker.boundingBox())!;
  await picker.click({ position: { x: box.width * 0.1, y: box.height * 0.4 } });
  expect(await levelsOf(page, ".of-patches")).toEqual(chosen);
  expect(complaints).toEqual([]);
  await page.close();
});

test("arrow keys move between words; one slider selects the block", async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const complaints = watch(page);
  await page.goto(report);
  const first = page.locator("#attention .looks").first();
  const caption = (await first.locator("figcaption span").textContent())!;
  const words = await first.locator("[data-word]").allTextContents();
  expect(
    caption
      .toLowerCase()
      .split(" ")
      .every((word) => words.includes(word)),
  ).toBe(true);

  const pressed = first.locator("[data-word][aria-pressed=true]");
  const start = Number(await pressed.getAttribute("data-word"));
  await pressed.focus();
  const seen = new Set<string>();
  for (let step = 1; step <= words.length; step++) {
    await page.keyboard.press("ArrowRight");
    const now = (start + step) % words.length;
    expect(await pressed.getAttribute("data-word")).toBe(String(now));
    expect(await first.locator("output").nth(1).textContent()).toBe(
      `Attention of the patches to \u201c${words[now]}\u201d.`,
    );
    seen.add((await levelsOf(page, ".of-words")).join());
  }
  expect(seen.size).toBeGreaterThan(1);

  await page.locator("#attention [data-control=layer]").fill("2");
  expect(await page.locator("#attention [data-control=layer] + output").textContent()).toBe(
    "blocks.1",
  );
  expect(await first.locator(".of-patches:visible").count()).toBe(1);
  expect(await first.locator(".of-words:visible").count()).toBe(1);
  expect(complaints).toEqual([]);
  await page.close();
});
