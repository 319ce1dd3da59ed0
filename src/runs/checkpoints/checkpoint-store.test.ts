import { execFileSync } from "node:child_process";
import * as nodeFs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UserError } from "../../graph/errors.ts";
import type { FileSystem } from "../files.ts";
import {
  best,
  latest,
  listCheckpoints,
  repairCheckpoints,
  saveCheckpoint,
} from "./checkpoint-store.ts";

const folder = (): Promise<string> => nodeFs.mkdtemp(join(tmpdir(), "moesaic-checkpoints-"));
const steps = async (run: string): Promise<number[]> =>
  (await listCheckpoints(run)).map(({ step }) => step);
const weights = (size: number): Uint8Array[] => [new Uint8Array(size).fill(7)];

test("keeps the newest two and the best", async () => {
  const run = await folder();
  const scores = [0.2, 0.9, 0.5, 0.6, 0.9];
  for (const [i, score] of scores.entries()) {
    await saveCheckpoint(run, 100 * (i + 1), { model: weights(4) }, { score });
  }
  const checkpoints = await listCheckpoints(run);
  expect(checkpoints.map(({ step }) => step)).toEqual([200, 400, 500]);
  expect(latest(checkpoints)?.step).toBe(500);
  expect(best(checkpoints)).toEqual({
    step: 200,
    score: 0.9,
    path: join(run, "checkpoints", "200"),
  });
  expect(await nodeFs.readFile(join(run, "checkpoints", "200", "model"))).toEqual(
    Buffer.from([7, 7, 7, 7]),
  );
});

test("without scores the newest are kept and there is no best", async () => {
  const run = await folder();
  for (const step of [5, 10, 20]) await saveCheckpoint(run, step, {}, { keep: 1 });
  expect(await steps(run)).toEqual([20]);
  expect(best(await listCheckpoints(run))).toBeUndefined();
  expect(latest([])).toBeUndefined();
});

test("steps are ordered as numbers, and half-written folders are ignored", async () => {
  const run = await folder();
  await saveCheckpoint(run, 900, {});
  await saveCheckpoint(run, 1000, {});
  const root = join(run, "checkpoints");
  await nodeFs.mkdir(join(root, ".tmp-1100"));
  await nodeFs.mkdir(join(root, "1200"));
  await nodeFs.writeFile(join(root, "1200", "checkpoint.json"), '{"step":12');
  await nodeFs.mkdir(join(root, "1300"));
  await nodeFs.writeFile(join(root, "1300", "checkpoint.json"), '{"step":900,"score":null}');
  expect(await steps(run)).toEqual([900, 1000]);
});

test("saving the same step again replaces it", async () => {
  const run = await folder();
  await saveCheckpoint(run, 10, { model: weights(1) }, { score: 0.1 });
  await saveCheckpoint(run, 10, { model: weights(2) }, { score: 0.2 });
  expect(best(await listCheckpoints(run))?.score).toBe(0.2);
  expect(await nodeFs.readdir(join(run, "checkpoints"))).toEqual(["10"]);
});

test("repair restores a checkpoint whose replacement is missing", async () => {
  const run = await folder();
  await saveCheckpoint(run, 10, { model: weights(1) });
  await saveCheckpoint(run, 20, { model: weights(1) });
  const root = join(run, "checkpoints");
  await nodeFs.rename(join(root, "20"), join(root, ".old-20"));
  await nodeFs.mkdir(join(root, ".old-10"));
  await nodeFs.mkdir(join(root, ".tmp-30"));
  await repairCheckpoints(run);
  expect((await nodeFs.readdir(root)).sort()).toEqual(["10", "20"]);
  expect(await steps(run)).toEqual([10, 20]);
});

/** A file system that is full after `room` bytes. */
function smallDisk(room: number): FileSystem {
  let left = room;
  return {
    ...nodeFs,
    async open(path, flags) {
      const file = await nodeFs.open(path, flags);
      const write = file.writeFile.bind(file);
      file.writeFile = async (data) => {
        left -= (data as Uint8Array | string).length;
        if (left < 0) throw Object.assign(new Error("ENOSPC: no space"), { code: "ENOSPC" });
        await write(data);
      };
      return file;
    },
  };
}

async function expectFullDiskSpares(run: string, size: number, fs?: FileSystem): Promise<void> {
  const options = fs ? { fs } : {};
  await saveCheckpoint(run, 100, { model: weights(size) }, options);
  const second = saveCheckpoint(run, 200, { a: weights(9), model: weights(size) }, options);
  await expect(second).rejects.toThrow(
    `no space is left on the disk while saving the checkpoint of step 200 to ${run}/checkpoints/200; the checkpoint of step 100 is unchanged: make room and continue with --resume`,
  );
  await expect(second).rejects.toBeInstanceOf(UserError);
  await expect(second).rejects.toMatchObject({ exitCode: 1 });
  expect(await steps(run)).toEqual([100]);
  expect(await nodeFs.readdir(join(run, "checkpoints"))).toEqual(["100"]);
  expect((await nodeFs.readFile(join(run, "checkpoints/100/model"))).length).toBe(size);
}

test("a full disk does not damage the previous checkpoint", async () => {
  await expectFullDiskSpares(await folder(), 600, smallDisk(1000));
});

test("without any saved checkpoint, the error reports this", async () => {
  const save = saveCheckpoint(await folder(), 5, { model: weights(9) }, { fs: smallDisk(1) });
  await expect(save).rejects.toThrow("no earlier checkpoint exists: make room and start again");
});

/** A mounted file system of one MiB; undefined without permission to mount. */
async function mountSmallDisk(): Promise<string | undefined> {
  const path = await folder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "moesaic-test", path], {
      stdio: "ignore",
    });
    return path;
  } catch {
    return undefined;
  }
}

test("a real full disk does not damage the previous checkpoint", async ({ skip }) => {
  const disk = await mountSmallDisk();
  if (disk === undefined) return skip("mounting is not permitted here");
  try {
    await expectFullDiskSpares(disk, 600_000);
  } finally {
    execFileSync("umount", [disk]);
  }
});
