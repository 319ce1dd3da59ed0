import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { tinyDomains } from "../../domains/domains.fixture.ts";
import type { ProgressSink } from "../../learn/progress.ts";
import { readMetrics } from "../../runs/metrics/metrics-file.ts";
import { train } from "../train.ts";

const folder = mkdtempSync(join(tmpdir(), "moesaic-environments-"));
afterAll(() => rmSync(folder, { recursive: true }));

const styles = ["flat", "noisy", "inverted"];

async function run(name: string, config: ReturnType<typeof tinyDomains>, notes: string[] = []) {
  const runDirectory = join(folder, name);
  const progress: ProgressSink = { update: () => {}, note: (line) => notes.push(line) };
  const { signal } = new AbortController();
  await train(config, { runDirectory, resume: false, progress, signal });
  const events = await readMetrics(join(runDirectory, "metrics.jsonl"));
  const value = (metric: string, step: number): number | undefined =>
    events.find((e) => e.name === metric && e.step === step && e.split === "validation")?.value;
  return { runDirectory, events, value };
}

test("each evaluation scores both splits of every domain; only training domains choose", async () => {
  const notes: string[] = [];
  const { runDirectory, value } = await run("erm", tinyDomains(), notes);
  for (const step of [2, 4]) {
    for (const part of ["in", "out"]) {
      for (const style of [...styles, "outline"]) {
        expect(value(`env_${style}_${part}_acc`, step), `${style} ${part}`).toBeGreaterThanOrEqual(
          0,
        );
      }
    }
    const outs = styles.map((style) => value(`env_${style}_out_acc`, step)!);
    expect(value("domain_accuracy", step)).toBeCloseTo(outs.reduce((a, b) => a + b) / 3, 12);
  }
  expect(notes.join("\n")).toContain("4 steps of 12 images"); // 4 of each of 3 domains
  expect(notes.join("\n")).toContain("validation domain accuracy");
  const summary = JSON.parse(readFileSync(join(runDirectory, "summary.json"), "utf8"));
  expect(summary.test.accuracy).toBeGreaterThanOrEqual(0);
  // The test split of generated styles is their in split, scored with the same weights.
  const report = readFileSync(join(runDirectory, "report.html"), "utf8");
  expect(report).toContain('<section id="attributes"');
  expect(report).toContain('<section id="scenes"');
  expect(report).not.toContain("could not be drawn");
  const best = [2, 4].find((step) => value("env_outline_in_acc", step) === summary.test.accuracy);
  expect(best).toBeDefined();
});

test.each([
  ["coral", "auxiliary/coral"],
  ["irm", "irm_penalty"],
  ["group_dro", "loss"],
  ["mixup", "loss"],
])("%s trains, and a resumed run equals an uninterrupted one", async (name, metric) => {
  const algorithm = { name, ...(name === "irm" && { irm_penalty_anneal_iters: 3 }) };
  const config = tinyDomains({ algorithm, in_split_samples: 4 });
  const whole = await run(`${name}-whole`, config);
  const values = whole.events.filter((e) => e.split === "train" && e.name === metric);
  expect(values).toHaveLength(4);
  for (const { value } of values) expect(Number.isFinite(value)).toBe(true);

  const runDirectory = join(folder, `${name}-parts`);
  const stop = new AbortController();
  const progress: ProgressSink = {
    update: ({ label, done }) => {
      if (label === "step" && done === 2) stop.abort();
    },
    note: () => {},
  };
  await train(config, { runDirectory, resume: false, progress, signal: stop.signal });
  const { signal } = new AbortController();
  await train(config, { runDirectory, resume: true, progress, signal });
  const parts = await readMetrics(join(runDirectory, "metrics.jsonl"));
  const scores = (events: typeof parts) => events.map(({ seconds: _, ...event }) => event);
  expect(scores(parts)).toEqual(scores(whole.events));
});

test("an algorithm needs batches by domain, and enough samples of each", async () => {
  let refusals = 0;
  const started = (config: ReturnType<typeof tinyDomains>) => run(`refused-${refusals++}`, config);
  const algorithm = { name: "coral" };
  const mixed = tinyDomains({ algorithm });
  const { samplesPerDomain: _, ...train_ } = mixed.train;
  await expect(started({ ...mixed, train: train_ } as typeof mixed)).rejects.toThrow(
    "train.algorithm coral learns from batches of several domains; set train.samples_per_domain",
  );
  await expect(started(tinyDomains({ samples_per_domain: 20 }))).rejects.toThrow(
    "fewer than samples_per_domain 20",
  );
  await expect(started(tinyDomains({}, { data: { validation_size: 2 } }))).rejects.toThrow(
    "the validation split has no sample of the domain",
  );
});

test.each(["coral", "mixup", "group_dro"])("with one domain %s is plain training", async (name) => {
  const one = { data: { domains: ["flat"] } };
  const losses = async (algorithm: string, folder_: string) => {
    const config = tinyDomains({ algorithm: { name: algorithm }, max_steps: 2 }, one);
    const { events } = await run(folder_, config);
    return events.filter((e) => e.name === "loss" && e.split === "train").map((e) => e.value);
  };
  const plain = await losses("erm", `erm-for-${name}`);
  const other = await losses(name, `${name}-alone`);
  expect(plain).toHaveLength(2);
  other.forEach((value, i) => {
    expect(value).toBeCloseTo(plain[i]!, 5);
  });
});

test("IRM clears the moments of Adam at its step, and only there", async () => {
  const losses = async (steps: number) => {
    // With weight 1 before and after, nothing else changes at that step.
    const algorithm = { name: "irm", irm_lambda: 1, irm_penalty_anneal_iters: steps };
    const { events } = await run(`irm-reset-${steps}`, tinyDomains({ algorithm }));
    return events.filter((e) => e.name === "loss" && e.split === "train").map((e) => e.value);
  };
  const [never, first, third] = [await losses(100), await losses(0), await losses(2)];
  expect(first).toEqual(never); // there are no moments yet
  expect(third.slice(0, 3)).toEqual(never.slice(0, 3));
  expect(third[3]).not.toBe(never[3]); // after the third update, the first after the reset
});
