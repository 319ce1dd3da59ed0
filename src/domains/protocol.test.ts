import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { ProgressSink, ProgressUpdate } from "../learn/progress.ts";
import { type CellOptions, planCells } from "./cells.ts";
import { tinyDomains } from "./domains.fixture.ts";
import { protocolJson, runProtocol } from "./protocol.ts";

const folder = mkdtempSync(join(tmpdir(), "moesaic-protocol-"));
afterAll(() => rmSync(folder, { recursive: true }));

const domains = ["flat", "outline", "noisy"];
const config = tinyDomains({ in_split_samples: 4 }, { data: { domains, test_domains: undefined } });
const options: CellOptions = { domains, testDomains: ["outline", "noisy"], trials: 1 };
const cells = planCells([config], options);

/** Runs the protocol; `stopAt` aborts it at an update. */
async function run(
  out: string,
  planned: typeof cells = cells,
  stopAt: (update: ProgressUpdate) => boolean = () => false,
) {
  const notes: string[] = [];
  const updates: ProgressUpdate[] = [];
  const stop = new AbortController();
  const progress: ProgressSink = {
    note: (line) => notes.push(line),
    update(update) {
      updates.push(update);
      if (stopAt(update)) stop.abort();
    },
  };
  const { testDomains } = options;
  const given = { out, title: "tiny", domains, testDomains, progress, signal: stop.signal };
  return { result: await runProtocol(planned, given), notes, updates, given };
}

const read = (...path: string[]): string => readFileSync(join(folder, ...path), "utf8");

test("every cell is trained once; the tables contain its metrics", async () => {
  const out = join(folder, "whole");
  const { result, notes, updates, given } = await run(out);
  expect(result.finished).toBe(true);
  expect(notes).toContain("cell 2/2: ERM without noisy, trial 0");
  expect(updates.map(({ label }) => label)).toContain("cell 1/2, step");
  const json = JSON.parse(read("whole", "domains.json"));
  expect(json).toEqual(JSON.parse(JSON.stringify(protocolJson(result, given))));
  expect(json.finished).toBe(true);
  const [table] = json.tables;
  expect(table.selection).toBe("training_domain_validation");
  expect(table.domains).toEqual(["outline", "noisy"]);
  const events = read("whole", cells[0]!.run, "metrics.jsonl")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const chosen = table.rows[0].cells[0].selected[0];
  const value = (name: string): number =>
    events.find((e) => e.name === name && e.step === chosen.step && e.split === "validation").value;
  expect(chosen.validation).toBeCloseTo(
    (value("env_flat_out_acc") + value("env_noisy_out_acc")) / 2,
    12,
  );
  expect(chosen.test).toBe(value("env_outline_in_acc"));
  expect(read("whole", "domains.md")).toContain("| Algorithm | outline | noisy | Avg |");
  const page = read("whole", "domains.html");
  expect(page).toContain('href="tiny-domains/erm/without-outline/trial-0/report.html"');
  expect(page).not.toMatch(/NaN|undefined|\[object/);

  // Finished runs are kept, and one trial is added.
  const stamp = (run_: string): number => statSync(join(out, run_, "summary.json")).mtimeMs;
  const before = cells.map((cell) => stamp(cell.run));
  const more = await run(out, planCells([config], { ...options, trials: 2 }));
  expect(cells.map((cell) => stamp(cell.run))).toEqual(before);
  expect(more.notes.filter((note) => note.includes("without"))).toEqual([
    "cell 3/4: ERM without outline, trial 1",
    "cell 4/4: ERM without noisy, trial 1",
  ]);
  expect(more.result.tables[0]!.rows[0]!.average!.trials).toBe(2);

  const changed = tinyDomains(
    { in_split_samples: 4, max_steps: 6 },
    { data: { domains, test_domains: undefined } },
  );
  await expect(run(out, planCells([changed], options))).rejects.toThrow(
    "was started with other settings: max_steps: 4, now max_steps: 6; choose another --out",
  );
});

test("an interrupted protocol continues, with the same result as an uninterrupted one", async () => {
  const out = join(folder, "parts");
  const stopped = await run(
    out,
    cells,
    ({ label, done }) => label === "cell 2/2, step" && done === 2,
  );
  expect(stopped.result.finished).toBe(false);
  expect(stopped.result.cells).toHaveLength(1);
  expect(existsSync(join(out, cells[1]!.run, "checkpoints", "2"))).toBe(true);
  const { result, notes } = await run(out);
  expect(result.finished).toBe(true);
  expect(notes).toContain("cell 2/2: resumed at step 2");
  const whole = join(folder, "again");
  const { result: straight } = await run(whole);
  expect(result.tables).toEqual(straight.tables);
});
