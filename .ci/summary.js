/** Prints the totals of Vitest's JSON results as `N passed, N failed`; fails when none ran. */
import { readFileSync } from "node:fs";

const results = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, "utf8")));
const total = (count) => results.reduce((sum, result) => sum + result[count], 0);

const passed = total("numPassedTests");
// A file that cannot be loaded has no tests to fail, yet it failed.
const unloaded = results
  .flatMap((result) => result.testResults)
  .filter((file) => file.status === "failed" && file.assertionResults.length === 0);
const failed = total("numFailedTests") + unloaded.length;
const skipped = total("numPendingTests") + total("numTodoTests");

if (skipped > 0) console.log(`${skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = passed === 0 || failed > 0 ? 1 : 0;
