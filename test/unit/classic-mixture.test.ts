/** The classic mixture from the command line: two phases, the chosen checkpoint, the report. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeRecord } from "../../src/inspect/record/record-codec.ts";
import { listCheckpoints } from "../../src/runs/checkpoints/checkpoint-store.ts";
import { moesaic, temporaryFolder } from "./moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);
const recipe = join(folder.path, "small.yaml");
const run = join(folder.path, "run");

beforeAll(async () => {
  writeFileSync(
    recipe,
    `extends: classic-mixture
data: { name: gaussian-shift, train_size: 300, validation_size: 100, test_size: 250 }
optimizer:
  name: adamw
  learning_rate: 0.02
  rules:
    - { parameters: "gate.*", frozen: { until_step: 20 } }
    - { parameters: "experts.*", frozen: { from_step: 20 } }
runtime: { threads: 1 }
train: { batch_size: 100, max_steps: 40, eval_every: 10, choose_from_step: 30, keep_checkpoints: 9 }
`,
  );
  const { code, err } = await moesaic("train", recipe, "--run", run);
  expect(err).toContain("step 40: validation accuracy");
  expect(code).toBe(0);
});

const summary = () => JSON.parse(readFileSync(join(run, "summary.json"), "utf8"));

test("only validations of the second phase choose a checkpoint", async () => {
  const checkpoints = await listCheckpoints(run);
  expect(checkpoints.map(({ step, score }) => [step, score !== null])).toEqual([
    [10, false],
    [20, false],
    [30, true],
    [40, true],
  ]);
});

test("every expert fails on its third class, and the mixture beats them all", () => {
  const { test: scores, parameters } = summary();
  // Gate 640 + 33,024 + 32,896 + 387, and three experts of 160 + 99; all of them process every point.
  expect(parameters).toEqual({ total: 67_724, active: 67_724 });
  for (const e of [0, 1, 2]) {
    expect(scores[`expert_${e}_accuracy`]).toBeGreaterThan(0.4);
    expect(scores[`expert_${e}_accuracy`]).toBeLessThan(scores.accuracy);
  }
  expect(Object.keys(scores)).toContain("accuracy_hard");
});

test("the inspector has the plane, the experts' use and the confusion", () => {
  const record = decodeRecord(readFileSync(join(run, "record.json"), "utf8"));
  const { regions, routing, confusion } = record;
  expect(regions!.predicted).toHaveLength(regions!.size ** 2);
  expect(routing![0]).toMatchObject({ layer: "gate", numExperts: 3 });
  expect(confusion!.flat().reduce((sum, count) => sum + count, 0)).toBe(250);
});

test("the report shows the plane, and its table matches the scores", () => {
  const { document } = parseHTML(readFileSync(join(run, "report.html"), "utf8"));
  expect(document.querySelectorAll("#regions svg")).toHaveLength(3);
  const rows = [...document.querySelectorAll("#regions tbody tr")].map((row) =>
    [...row.children].map(({ textContent }) => textContent!),
  );
  expect(rows.map(([name]) => name)).toEqual([
    "expert 0, trained on classes 0 and 1",
    "expert 1, trained on classes 1 and 2",
    "expert 2, trained on classes 0 and 2",
    "mixture, soft: experts weighted by the gate",
    "mixture, hard: expert with the largest gate",
    "most probable class, the best on average",
  ]);
  const { test: scores } = summary();
  const names = ["expert_0_accuracy", "expert_1_accuracy", "expert_2_accuracy"];
  for (const [i, name] of [...names, "accuracy", "accuracy_hard"].entries()) {
    const shown = Number.parseFloat(rows[i]!.at(-1)!) / 100;
    expect(Math.abs(shown - scores[name]), name).toBeLessThan(0.00051);
  }
  expect(rows.slice(0, 3).map((row, e) => row[[3, 1, 2][e]!])).toEqual(Array(3).fill("0.0\u202f%"));
});

test("a system that reads images refuses points", async () => {
  const wrong = join(folder.path, "wrong.yaml");
  writeFileSync(wrong, "model: { system: diff-moe }\ndata: { name: gaussian-shift }\n");
  const { code, err } = await moesaic("train", wrong, "--run", join(folder.path, "refused"));
  expect(err).toContain(
    "model.system diff-moe learns from images, but data.name gaussian-shift is points",
  );
  expect(code).toBe(2);
});
