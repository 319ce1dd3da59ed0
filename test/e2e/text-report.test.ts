/** The report of a language model in a browser. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { moesaic, temporaryFolder, tinyTextRecipe } from "../unit/moesaic.fixture.ts";
import { launchBrowser, watch } from "./browser.fixture.ts";

const folder = temporaryFolder();
const run = join(folder.path, "run");
const report = pathToFileURL(join(run, "report.html")).href;
let browser: Browser;

beforeAll(async () => {
  const text = join(folder.path, "rhyme.txt");
  writeFileSync(text, "the cat sat on the mat; the rat ran to the cat.\n".repeat(40));
  const recipe = join(folder.path, "text.yaml");
  writeFileSync(recipe, tinyTextRecipe(text));
  expect((await moesaic("train", recipe, "--run", run)).code).toBe(0);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  folder.remove();
});

test.each([
  [1280, "light"],
  [390, "dark"],
] as const)(
  "%i pixels wide, %s: tokens are coloured and nothing overflows",
  async (width, colorScheme) => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const complaints = watch(page);
    await page.goto(report);
    const token = page.locator("#tokens .tokens i[data-expert]").first();
    const colors = await token.evaluate((element) => {
      const number = element.querySelector("b")!;
      const { backgroundColor, color } = getComputedStyle(number);
      return {
        tint: getComputedStyle(element).backgroundColor,
        number: backgroundColor,
        ink: color,
      };
    });
    expect(colors.number).toMatch(/^rgb\(/);
    expect(colors.ink).not.toBe(colors.number);
    expect(colors.tint).toMatch(/^color\(srgb .* \/ 0\.\d+\)$/);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

test("a layer and an expert are selected by keyboard", async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const complaints = watch(page);
  await page.goto(report);
  await page.locator("#tokens [data-control=layer]").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  const name = page.locator("#tokens [data-control=layer] + output");
  expect(await name.textContent()).toBe("blocks.1.moe");
  const tiles = page.locator("#tokens [data-layer]");
  expect(await tiles.locator("visible=true").count()).toBe((await tiles.count()) / 2);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  expect(await page.locator("#tokens [data-focus='0']").getAttribute("aria-pressed")).toBe("true");
  const opacityOf = (selector: string) =>
    page
      .locator(`#tokens .tokens ${selector}`)
      .first()
      .evaluate((element) => Number(getComputedStyle(element).opacity));
  expect(await opacityOf("[data-expert='0']")).toBe(1);
  expect(await opacityOf("[data-expert='1']")).toBeLessThan(0.5);
  expect(complaints).toEqual([]);
  await page.close();
});
