import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockRun } from "./run-lock.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "moesaic-lock-"));
const plant = (run: string, holder: object): void =>
  writeFileSync(join(run, "run.lock"), JSON.stringify(holder));

test("a lock is refused while held and free after release", async () => {
  const run = folder();
  const unlock = await lockRun(run);
  await expect(lockRun(run)).rejects.toThrow(/is in use by another training/);
  await unlock();
  expect(readdirSync(run)).toEqual([]);
  await (await lockRun(run))();
});

test("a lock of a running process is refused", async () => {
  const run = folder();
  const unlock = await lockRun(run); // stores the identity of this process
  const script = `
    import { lockRun } from ${JSON.stringify(new URL("run-lock.ts", import.meta.url).href)};
    await lockRun(${JSON.stringify(run)}).then(() => console.log("taken"), (e) => console.log(e.message));`;
  const { stdout } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", script],
    { encoding: "utf8" },
  );
  expect(stdout).toContain(`in use by another training (process ${process.pid})`);
  await unlock();
});

test("a lock of an ended process is taken over", async () => {
  const run = folder();
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  plant(run, { pid, host: hostname(), started: "1" });
  const unlock = await lockRun(run);
  expect(readdirSync(run)).toEqual(["run.lock"]);
  await unlock();
});

test("a lock whose process id was reused is taken over", async () => {
  const run = folder();
  plant(run, { pid: process.ppid, host: hostname(), started: "not its start" });
  await (await lockRun(run))();
  plant(run, { pid: process.pid, host: hostname(), started: "an earlier life" });
  await (await lockRun(run))();
  expect(readdirSync(run)).toEqual([]);
});

test("a truncated lock is taken over, a lock of another machine is not", async () => {
  const run = folder();
  writeFileSync(join(run, "run.lock"), '{"pid":');
  await (await lockRun(run))();
  plant(run, { pid: 1, host: "another.example", started: "" });
  await expect(lockRun(run)).rejects.toThrow(
    /in use by process 1 on another\.example; if that process has ended, delete .*run\.lock/,
  );
});
