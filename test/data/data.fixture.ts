/** The real data that these tests read. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, type TestContext } from "vitest";

/** Folder with one subfolder per data set. */
export const root = process.env.MOESAIC_DATA ?? "../shared/data";

/** Skips a test whose data sets are missing; in continuous integration it fails instead. */
export function needs(context: TestContext, ...names: readonly string[]): void {
  const missing = names.filter((name) => !existsSync(join(root, name)));
  if (missing.length === 0) return;
  const message = `${missing.join(", ")} not in ${root}; set MOESAIC_DATA to run this test`;
  if (process.env.CI === "true") expect.fail(message);
  context.skip(message);
}

/** Folder with one subfolder per published checkpoint, as `.ci/fetch-weights.sh` fills it. */
export const weights = process.env.MOESAIC_WEIGHTS ?? "weights";

/** Skips a test whose checkpoints are missing; in continuous integration it fails instead. */
export function needsWeights(context: TestContext, ...names: readonly string[]): void {
  const missing = names.filter((name) => !existsSync(join(weights, name)));
  if (missing.length === 0) return;
  const message = `${missing.join(", ")} not in ${weights}; run .ci/fetch-weights.sh weights`;
  if (process.env.CI === "true") expect.fail(message);
  context.skip(message);
}
