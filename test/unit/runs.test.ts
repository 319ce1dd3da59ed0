/** `moesaic runs` on runs in every state, and directories that were interrupted before they became runs. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ProgressUpdate } from "../../src/learn/progress.ts";
import { loadTrainConfig } from "../../src/recipe/load-train-config.ts";
import { openRunDirectory, type RunDirectory } from "../../src/runs/run-directory.ts";
import type { SurveyedRun } from "../../src/runs/survey/survey-run.ts";
import { train } from "../../src/train/train.ts";
import { moesaic, temporaryFolder, tinyRecipe } from "./moesaic.fixture.ts";

const folder = temporaryFolder();
const root = join(folder.path, "runs");
const at = (...names: string[]): string => join(root, ...names);
let training: RunDirectory;

/** Opens a run with checkpoints of some steps. */
async function open(path: string, ...steps: number[]): Promise<RunDirectory> {
  const run = await openRunDirectory(path);
  await run.writeConfig("recipe: tiny\nmodel:\n  system: diff-moe\ntrain:\n  max_steps: 20\n");
  for (const step of steps) {
    const best = { name: "loss", value: 0.5 };
    const progress = {
      step,
      bestScore: -0.5,
      bestStep: 5,
      withoutImprovement: 0,
      seconds: 1,
      best,
    };
    const weights = [new Uint8Array(1000).fill(step)];
    await run.saveCheckpoint(step, { weights, "progress.json": JSON.stringify(progress) });
  }
  return run;
}

async function write(path: string, ...steps: number[]): Promise<void> {
  await (await open(path, ...steps)).close();
}

/** A run directory that was interrupted before its configuration was written. */
function start(path: string): void {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "metrics.jsonl"), "");
  writeFileSync(join(path, "events.out.tfevents.1.host.1"), "");
  writeFileSync(join(path, ".tmp-config.yaml"), "recipe");
}

beforeAll(async () => {
  const done = await open(at("done"), 10, 20);
  await done.writeSummary({
    ...{ recipe: "tiny", seed: 1, steps: 20, train_seconds: 1, tokens_per_second: 1 },
    ...{ parameters: { total: 1, active: 1 }, validation: { loss: 0.5 }, test: {}, versions: {} },
  });
  await done.writeRecord("{}");
  await done.close();
  await write(at("set", "cells", "stopped"), 5, 10);
  await write(at("set", "early"));
  await write(at("broken"), 5, 10);
  truncateSync(at("broken", "checkpoints", "10", "weights"), 10);
  await write(at("nameless"), 5);
  rmSync(at("nameless", "config.yaml"));
  start(at("start"));
  training = await open(at("training"), 5);
  symlinkSync("done", at("link"));
});
afterAll(async () => {
  await training.close();
  folder.remove();
});

test("states, steps and scores are listed, with a line for each run that needs a command", async () => {
  const { code, out, err } = await moesaic("runs", root);
  expect(code).toBe(0);
  const [heading, ...lines] = out.replaceAll(`${root}/`, "").trimEnd().split("\n");
  expect(heading).toMatch(/^run +state +recipe +system +step +best +size +changed$/);
  const row = (name: string): string => lines.find((line) => line.startsWith(`${name} `))!;
  expect(row("done")).toMatch(
    /^done +finished +tiny +diff-moe +20 of 20 +loss 0.500 at 5 +3.\d+ kB +\d{4}-/,
  );
  expect(row("broken")).toMatch(/ damaged .* 10 of 20 /);
  expect(row("nameless")).toMatch(/ damaged .* 5 +loss/);
  expect(row("set/cells/stopped")).toMatch(/ interrupted .* 10 of 20 /);
  expect(row("set/early")).toMatch(/ no checkpoint .* 0 of 20 +- /);
  expect(row("start")).toMatch(/ no checkpoint /);
  expect(row("training")).toMatch(/ training .* 5 of 20 /);
  const train = "moesaic train --run";
  expect(lines.slice(7)).toEqual([
    `broken/checkpoints/10/weights is damaged: it has 10 bytes, and 1000 were written; the checkpoint of step 5 is intact: use it with --checkpoint 5, or continue the training from it with: ${train} broken --resume --checkpoint 5`,
    "nameless has checkpoints and no config.yaml; copy it from another run of the same training, or repeat the command that wrote nameless with --overwrite, which removes them",
    `set/cells/stopped was interrupted: resume it with: ${train} set/cells/stopped --resume`,
    `set/early stopped before its first checkpoint: start it again with: ${train} set/early --resume`,
    "start was interrupted before its config.yaml was written, so it is no run yet; repeat its command with --overwrite, for example: moesaic train <recipe> --run start --overwrite",
    "start has 1 leftover of interrupted writes: remove with: moesaic runs start --clean",
  ]);
  expect(err).toBe(`1 link to folders not followed, such as ${at("link")}\n`);
});

test("--verify finds a changed byte that sizes do not show, and exits with code 1", async () => {
  const run = join(folder.path, "changed");
  await write(run, 5, 10);
  writeFileSync(join(run, "checkpoints", "5", "weights"), new Uint8Array(1000));
  const states = async (...options: string[]) => {
    const { code, out } = await moesaic("runs", run, "--json", ...options);
    const { runs } = JSON.parse(out) as { runs: SurveyedRun[] };
    return { code, state: runs[0]!.state, damage: runs[0]!.damage.map(({ path }) => path) };
  };
  expect(await states()).toEqual({ code: 0, state: "interrupted", damage: [] });
  const damage = [join(run, "checkpoints", "5", "weights")];
  expect(await states("--verify")).toEqual({ code: 1, state: "damaged", damage });
});

test("--clean removes leftovers and unfinished starts, restores a replaced checkpoint, and spares the rest", async () => {
  const parent = join(folder.path, "clean");
  const run = join(parent, "run");
  await write(run, 5, 10);
  const checkpoints = join(run, "checkpoints");
  for (const name of [".tmp-15", ".drop-3", "4"]) mkdirSync(join(checkpoints, name));
  writeFileSync(join(checkpoints, ".tmp-15", "weights"), new Uint8Array(2000));
  mkdirSync(join(checkpoints, ".old-12"));
  writeFileSync(join(run, ".tmp-report.html"), "half");
  writeFileSync(join(run, "notes.txt"), "mine");
  start(join(parent, "start"));
  const { code, err } = await moesaic("runs", parent, "--clean");
  expect(code).toBe(0);
  expect(err.replaceAll(`${parent}/`, "").split("\n").sort()).toEqual(
    [
      "removed run/checkpoints/.tmp-15 (2.00 kB)",
      "removed run/checkpoints/.drop-3 (0 bytes)",
      "removed run/checkpoints/4 (0 bytes)",
      "removed run/.tmp-report.html (4 bytes)",
      "restored run/checkpoints/12",
      "removed start/.tmp-config.yaml (6 bytes)",
      "removed start/events.out.tfevents.1.host.1 (0 bytes)",
      "removed start/metrics.jsonl (0 bytes)",
      "removed start (0 bytes)",
      "2.01 kB freed",
      "",
    ].sort(),
  );
  expect(readdirSync(checkpoints).sort()).toEqual(["10", "12", "5"]);
  expect(existsSync(join(run, "notes.txt"))).toBe(true);
  expect(readdirSync(parent)).toEqual(["run"]);
});

test("--clean refuses a run that is being trained", async () => {
  mkdirSync(at("training", "checkpoints", ".tmp-10"));
  const { code, err } = await moesaic("runs", at("training"), "--clean");
  expect(code).toBe(1);
  expect(err).toContain(`not cleaned: ${at("training")} is in use by another training`);
  expect(readdirSync(at("training", "checkpoints"))).toContain(".tmp-10");
});

test("a folder that does not exist is refused, and an empty one has no runs", async () => {
  const missing = await moesaic("runs", join(folder.path, "missing"));
  expect(missing.code).toBe(2);
  expect(missing.err).toContain("does not exist; give a folder of runs");
  mkdirSync(join(folder.path, "empty"));
  expect(await moesaic("runs", join(folder.path, "empty"))).toMatchObject({
    code: 0,
    out: "no runs\n",
  });
});

test("a training names the command for a directory that was interrupted before its configuration", async () => {
  const run = join(folder.path, "again");
  start(run);
  const recipe = join(folder.path, "tiny.yaml");
  writeFileSync(recipe, tinyRecipe);
  const expected = `${run} was interrupted before its config.yaml was written, so it is no run yet; repeat its command with --overwrite, for example: moesaic train <recipe> --run ${run} --overwrite`;
  for (const words of [[recipe], ["--resume"]]) {
    const { code, err } = await moesaic("train", ...words, "--run", run);
    expect(code).toBe(2);
    expect(err).toContain(expected);
  }
  const again = await openRunDirectory(run, { overwrite: true });
  expect(readdirSync(run)).not.toContain(".tmp-config.yaml");
  await again.close();

  appendFileSync(join(run, "thesis.txt"), "precious");
  await expect(openRunDirectory(run, { overwrite: true })).rejects.toThrow("choose another --run");
});

test.each(["deleted", "renamed"])(
  "a training ends if its directory is %s, and writes nothing at the old path",
  async (what) => {
    const run = join(folder.path, what, "run");
    const recipe = join(folder.path, "removed.yaml");
    writeFileSync(recipe, tinyRecipe);
    const config = await loadTrainConfig(recipe, { overrides: ["train.eval_every=4"] });
    const update = ({ label, done }: ProgressUpdate): void => {
      if (label !== "step" || done !== 6) return;
      if (what === "deleted") rmSync(run, { recursive: true });
      else renameSync(run, `${run}-elsewhere`);
    };
    const trained = train(config, { runDirectory: run, progress: { note: () => {}, update } });
    await expect(trained).rejects.toThrow(
      `${run} was deleted or renamed while it was being trained`,
    );
    await expect(trained).rejects.toMatchObject({ exitCode: 1 });
    expect(existsSync(run)).toBe(false);
    if (what === "renamed") {
      const [survey] = JSON.parse((await moesaic("runs", `${run}-elsewhere`, "--json")).out).runs;
      expect(survey).toMatchObject({ state: "interrupted", step: 5, total_steps: 20 });
    }
  },
);

test("a directory that takes the place of a renamed one stays as it is", async () => {
  const run = join(folder.path, "replaced");
  const first = await open(run, 5);
  renameSync(run, `${run}-elsewhere`);
  const second = await open(run);
  writeFileSync(join(run, "run.lock"), "of another process");
  await expect(first.saveCheckpoint(10, {})).rejects.toThrow("was deleted or renamed");
  await expect(first.writeReport("")).rejects.toThrow("was deleted or renamed");
  await first.close();
  expect(readdirSync(run)).toContain("run.lock");
  expect(readdirSync(run)).not.toContain("checkpoints");
  await second.close();
});
