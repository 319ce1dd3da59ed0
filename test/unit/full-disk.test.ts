/** A disk that fills up during training; needs permission to mount one. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
  checkpointSteps,
  metricLines,
  moesaic,
  newestFile,
  temporaryFolder,
  tinyRecipe,
} from "./moesaic.fixture.ts";

const folder = temporaryFolder();
const disk = join(folder.path, "disk");
const mount = (...argv: string[]): boolean => spawnSync("mount", argv).status === 0;
mkdirSync(disk);
const mounted =
  process.platform === "linux" && mount("-t", "tmpfs", "-o", "size=640k", "tmpfs", disk);
afterAll(() => {
  if (mounted) spawnSync("umount", ["--lazy", disk]);
  folder.remove();
});

test.runIf(mounted)(
  "a full disk keeps the last checkpoint, and the run resumes from it",
  async () => {
    const recipe = join(folder.path, "tiny.yaml");
    writeFileSync(recipe, tinyRecipe);
    const run = join(disk, "run");
    const often = ["train.checkpoint_every=1", "train.keep_checkpoints=100"];
    const full = await moesaic("train", recipe, ...often, "--run", run);
    expect(full.err).toMatch(
      /\nerror: no space is left on the disk while (saving|writing) [^\n]+ unchanged: make room and continue with --resume\n$/,
    );
    expect(full.code).toBe(1);
    const { steps } = await checkpointSteps(run);
    expect(steps.length).toBeGreaterThan(1);
    expect(steps.at(-1)).toBeLessThan(20);

    expect(mount("-o", "remount,size=64m", disk)).toBe(true);
    const resumed = await moesaic("train", "--run", run, "--resume");
    expect(resumed.err).toContain(`resumed at step ${steps.at(-1)}`);
    expect(resumed.code).toBe(0);

    const whole = join(folder.path, "whole");
    expect((await moesaic("train", recipe, ...often, "--run", whole)).code).toBe(0);
    expect(metricLines(run)).toEqual(metricLines(whole));
    const [saved, expected] = [run, whole].map((path) => newestFile(path, "model.safetensors"));
    expect((await saved) === (await expected)).toBe(true);
  },
);
