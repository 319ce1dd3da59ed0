/** Compares a run with another that should have the same bits. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The lines of a run's metrics without their times; one that is no JSON starts with "broken". */
export function metricLines(run: string): string[] {
  const path = join(run, "metrics.jsonl");
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines
    .filter((line) => line !== "")
    .map((line) => {
      try {
        const { seconds: _, ...event } = JSON.parse(line) as Record<string, unknown>;
        return JSON.stringify(event);
      } catch {
        return `broken: ${line.slice(0, 100)}`;
      }
    });
}

/** How a run differs from the expected one, and what it left behind. */
export async function compareRuns(expected: string, run: string): Promise<string[]> {
  if (!existsSync(run)) return ["the run is gone"];
  return [
    ...lineDifferences(metricLines(expected), metricLines(run)),
    ...checkpointDifferences(join(expected, "checkpoints"), join(run, "checkpoints")),
    ...summaryDifferences(expected, run),
    ...readdirSync(run)
      .filter((name) => name.startsWith(".") || name.startsWith("run.lock"))
      .map((name) => `${name} is left on the disk`),
  ];
}

function lineDifferences(expected: readonly string[], found: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of expected) counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const line of found) counts.set(line, (counts.get(line) ?? 0) - 1);
  const lost = [...counts].filter(([, count]) => count > 0);
  const extra = [...counts].filter(([, count]) => count < 0);
  if (lost.length === 0 && extra.length === 0) {
    return expected.join("\n") === found.join("\n") ? [] : ["metrics are in another order"];
  }
  return [
    `${lost.length} lines of metrics are lost, ${extra.length} are new or doubled: ${lost[0]?.[0] ?? ""} ${extra[0]?.[0] ?? ""}`,
  ];
}

function checkpointDifferences(expected: string, found: string): string[] {
  const [steps, own] = [expected, found].map((folder) => readdirSync(folder).sort());
  if (String(steps) !== String(own)) return [`it has the checkpoints ${own}, expected ${steps}`];
  return steps!.flatMap((step) =>
    readdirSync(join(expected, step))
      .filter((file) => file.endsWith(".safetensors"))
      .filter((file) => {
        const [one, two] = [expected, found].map((folder) => join(folder, step, file));
        return !existsSync(two!) || !readFileSync(one!).equals(readFileSync(two!));
      })
      .map((file) => `checkpoints/${step}/${file} has other bytes`),
  );
}

function summaryDifferences(expected: string, run: string): string[] {
  const scores = (folder: string): string => {
    const path = join(folder, "summary.json");
    if (!existsSync(path)) return "none";
    const { validation, test, steps, best } = JSON.parse(readFileSync(path, "utf8"));
    return JSON.stringify({ validation, test, steps, best });
  };
  const missing = ["report.html", "record.json"].filter((name) => !existsSync(join(run, name)));
  const differs = scores(expected) !== scores(run);
  return [
    ...(differs ? [`the summary is ${scores(run)}, expected ${scores(expected)}`] : []),
    ...missing.map((name) => `${name} is missing`),
  ];
}
