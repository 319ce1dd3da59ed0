/**
 * Trains one recipe with two checkouts and compares all metrics bit by bit; exits with 1 if they differ.
 * The bits depend on the processor, so both checkouts train on this machine.
 *
 *   node scripts/compare-runs.js <checkout> <checkout> [--steps 50] [recipe] [key=value...]
 *
 * `--steps` interrupts both runs after this step, so that schedules are those of the whole run; without it
 * the runs finish and the files of their checkpoints are compared too. The default recipe is quickstart.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { steps: { type: "string" } },
});
const [first, second, recipe = "quickstart", ...overrides] = positionals;
if (first === undefined || second === undefined) {
  console.error("name two checkouts: node scripts/compare-runs.js <checkout> <checkout>");
  process.exit(2);
}
const steps = values.steps === undefined ? Number.POSITIVE_INFINITY : Number(values.steps);

/** The metrics of a run without the time at which they were written, up to the last compared step. */
function metrics(run) {
  const file = join(run, "metrics.jsonl");
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { seconds: _, ...event } = JSON.parse(line);
      return event;
    });
}

async function train(checkout, run) {
  const argv = ["bin/moesaic.js", "train", recipe, ...overrides, "--run", run];
  const child = spawn(process.execPath, argv, {
    cwd: resolve(checkout),
    stdio: ["ignore", "ignore", "pipe"],
  });
  let messages = "";
  child.stderr.on("data", (chunk) => {
    messages += chunk;
  });
  const hasEnough = () => metrics(run).some(({ step }) => step > steps);
  const watch = setInterval(() => hasEnough() && child.kill("SIGINT"), 500);
  const code = await new Promise((done) => child.on("close", done));
  clearInterval(watch);
  if (code !== 0 && !hasEnough()) throw new Error(`${checkout} ended with ${code}:\n${messages}`);
}

function differences(a, b) {
  const [left, right] = [a, b].map((run) =>
    metrics(run)
      .filter(({ step }) => step <= steps)
      .map((event) => JSON.stringify(event)),
  );
  const length = Math.max(left.length, right.length);
  const found = Array.from({ length }, (_, i) => i)
    .filter((i) => left[i] !== right[i])
    .map((i) => `event ${i}:\n  ${left[i]}\n  ${right[i]}`);
  if (Number.isFinite(steps)) return { count: length, found };
  const files = [a, b].map((run) =>
    readdirSync(join(run, "checkpoints"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".safetensors"))
      .map((entry) => relative(run, join(entry.parentPath, entry.name)))
      .sort(),
  );
  for (const file of new Set(files.flat())) {
    const equal =
      files.every((list) => list.includes(file)) &&
      readFileSync(join(a, file)).equals(readFileSync(join(b, file)));
    if (!equal) found.push(file);
  }
  return { count: length, found };
}

const folder = mkdtempSync(join(tmpdir(), "compare-runs-"));
try {
  const runs = [join(folder, "first"), join(folder, "second")];
  await train(first, runs[0]);
  await train(second, runs[1]);
  const { count, found } = differences(...runs);
  if (count === 0) throw new Error("the runs wrote no metrics to compare");
  for (const difference of found.slice(0, 5)) console.log(difference);
  const names = found.map((difference) => /"name":"([^"]+)"/.exec(difference)?.[1] ?? difference);
  for (const name of new Set(names)) {
    console.log(`${name}: ${names.filter((other) => other === name).length} differ`);
  }
  console.log(found.length === 0 ? `${count} events are equal` : `${found.length} differences`);
  process.exitCode = found.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
