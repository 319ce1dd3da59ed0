/** Builds the page of `live-page.ts` and calls its functions. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { build, type Rollup } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Builds the page into a folder, with the models' worker as in the inspector. */
export async function buildLivePage(site: string): Promise<Rollup.RollupOutput> {
  const output = await build({
    root,
    base: "./",
    configFile: false,
    logLevel: "silent",
    worker: { format: "es" },
    build: {
      outDir: site,
      emptyOutDir: true,
      target: "es2023",
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      rolldownOptions: {
        input: { page: "test/e2e/live-page.ts" },
        output: { entryFileNames: "[name].js" },
      },
    },
  });
  writeFileSync(
    join(site, "index.html"),
    '<!doctype html><link rel="icon" href="data:,"><script type="module" src="./page.js"></script>',
  );
  return output as Rollup.RollupOutput;
}

/** A function of `live-page.ts`. */
export function inPage<Result>(page: Page, name: string, ...given: unknown[]): Promise<Result> {
  return page.evaluate(
    ([own, list]) => {
      const { live } = globalThis as unknown as {
        live: Record<string, (...values: unknown[]) => Promise<Result>>;
      };
      return live[own as string]!(...(list as unknown[]));
    },
    [name, given] as const,
  );
}
