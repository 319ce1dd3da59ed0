/** Profiles the first steps of a run: a table, and a trace for Perfetto. */
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProgressSink } from "../learn/progress.ts";
import type { UpdateStep } from "../learn/train-step.ts";
import { writeFileAtomically } from "../runs/files.ts";
import { readProfile } from "../runtime/profile/file.ts";
import { profileTable } from "../runtime/profile/table.ts";
import { profileTrace } from "../runtime/profile/trace.ts";

/** Number of measured steps, after the warm-up. */
const MEASURED = 20;
const WARM_UP = 5;

export interface Profiler {
  /** Called after each step; ends the profile after the last measured step. */
  afterStep(): Promise<void>;
  /** Ends a profile that is still open because the run was shorter. */
  finish(): Promise<void>;
}

/** Path prefix of the profile that ONNX Runtime writes; it appends a time and `.json`. */
export function profilePrefix(): string {
  return join(tmpdir(), `moesaic-profile-${process.pid}`);
}

/** Writes `profile.txt` and `profile.json` to `directory`; the latter opens in ui.perfetto.dev. */
export function createProfiler(
  step: UpdateStep,
  directory: string,
  progress: ProgressSink,
): Profiler {
  let seen = 0;
  let open = true;
  const end = async (): Promise<void> => {
    if (!open) return;
    open = false;
    const raw = step.endProfiling();
    const warmUp = Math.min(WARM_UP, Math.max(0, seen - 1));
    const profile = await readProfile(raw, { warmUp });
    const table = profileTable(profile);
    await writeFileAtomically(join(directory, "profile.txt"), `${table}\n`);
    await writeFileAtomically(join(directory, "profile.json"), profileTrace(profile));
    await rm(raw, { force: true });
    for (const line of table.split("\n")) progress.note(line);
    progress.note(`profile: ${join(directory, "profile.json")} opens in ui.perfetto.dev`);
  };
  return {
    async afterStep() {
      seen += 1;
      if (seen === WARM_UP + MEASURED) await end();
    },
    finish: end,
  };
}
