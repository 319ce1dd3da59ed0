/** The inspector's page on the real server, and helpers for navigation. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { expect } from "vitest";
import { openRuns, type RunningServer, readAppFiles, serveRuns } from "../../src/server/index.ts";
import { moesaic } from "../unit/moesaic.fixture.ts";
import { watch } from "./browser.fixture.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Screenshots for people; git ignores them. */
const artifacts = join(root, "test-artifacts", "inspector");

/** Builds the page like `npm run build`. */
export async function buildInspector(outDir: string): Promise<string> {
  const folder = join(root, "inspector");
  await build({
    root: folder,
    configFile: join(folder, "vite.config.ts"),
    logLevel: "error",
    build: { outDir, emptyOutDir: true, reportCompressedSize: false },
  });
  return outDir;
}

/** Serves a folder of runs. */
export async function inspect(page: string, runs: string, port = 0): Promise<RunningServer> {
  const [registry, files] = [await openRuns([runs]), await readAppFiles(page)];
  return serveRuns({ registry, files, host: "127.0.0.1", port });
}

export interface Look {
  readonly width: number;
  readonly scheme: "light" | "dark";
}

export const wide: Look = { width: 1440, scheme: "light" };
export const narrow: Look = { width: 390, scheme: "dark" };

export interface Visit {
  readonly page: Page;
  readonly complaints: string[];
}

/** Opens a page of the inspector and waits for its content. */
export async function visit(
  browser: Browser,
  url: string,
  hash: string,
  { width, scheme }: Look = wide,
): Promise<Visit> {
  const viewport = { width, height: width > 600 ? 1000 : 844 };
  const page = await browser.newPage({ viewport, colorScheme: scheme });
  const complaints = watch(page);
  await page.goto(`${url}${hash}`);
  await settled(page);
  return { page, complaints };
}

/** Waits until nothing is being read or computed. */
export async function settled(page: Page): Promise<void> {
  await page.locator("h1").waitFor();
  await page.waitForFunction(
    () => document.querySelector(".waiting, [aria-busy=true]") === null,
    undefined,
    { timeout: 60_000 },
  );
}

/** Goes to another page of the same document. */
export async function follow(page: Page, hash: string): Promise<void> {
  await page.evaluate((next) => {
    location.hash = next;
  }, hash);
  await settled(page);
}

/** Horizontal overflow of the page in pixels. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
}

/** Saves a picture of the whole page. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(artifacts, { recursive: true });
  await page.screenshot({ path: join(artifacts, `${name}.png`), fullPage: true });
}

/** Trains a small version of a recipe in seconds. */
export async function trainTiny(folder: string, name: string, recipe: string): Promise<string> {
  const [path, run] = [join(folder, `${name}.yaml`), join(folder, "runs", name)];
  mkdirSync(join(folder, "runs"), { recursive: true });
  writeFileSync(path, recipe);
  const { code, err } = await moesaic("train", path, "--run", run);
  expect(code, err).toBe(0);
  return run;
}

/** GMoE on images of three styles. */
export const domainsRecipe = `seed: 3
model:
  system: sf-moe
  patch_size: 4
  width: 16
  num_layers: 2
  num_heads: 2
  blocks: SF
  drop_path: 0
  moe:
    num_experts: 4
    router: { name: cosine, num_selected_experts: 1, projection_width: 8, noise_scale: 1 }
    dispatch: { name: capacity, capacity_factor: 1, formula: tutel, priority: batch }
data:
  name: shapes
  image_size: 16
  train_size: 96
  validation_size: 24
  test_size: 24
  domains: [flat, outline, noisy]
  workers: 0
  normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }
train: { samples_per_domain: 4, max_steps: 6, in_split_samples: 4 }
runtime: { threads: 1 }
`;

/** The classic mixture of classifiers over a plane. */
export const mixtureRecipe = `extends: classic-mixture
data: { name: gaussian-shift, train_size: 300, validation_size: 100, test_size: 250 }
train: { batch_size: 100, max_steps: 40, eval_every: 10, choose_from_step: 30 }
`;
