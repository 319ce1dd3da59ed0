/** Chooses a checkpoint of a run, and refuses runs whose choice is uncertain because of damage. */
import { join } from "node:path";
import { UserError, usageError } from "../../graph/errors.ts";
import { digestFile } from "../run-file-digests.ts";
import { FORMAT_VERSION, MANIFEST } from "./checkpoint-manifest.ts";
import {
  best,
  type Checkpoint,
  latest,
  surveyCheckpoints,
  type UnreadableCheckpoint,
} from "./checkpoint-store.ts";
import { damagedFileError, digestProblem, manifestOf } from "./verify-checkpoint.ts";

/** The best checkpoint (the latest if none was scored), the latest, or the one of a step. */
export type CheckpointChoice = "best" | "latest" | number;

/**
 * The chosen checkpoint of a run; undefined if it has none. Its own files are checked when they are read.
 *
 * @throws UserError (exit code 2) if there is none of that step
 * @throws UserError if a damaged or newer `checkpoint.json` could be the one to choose
 */
export async function chooseCheckpoint(
  run: string,
  which: CheckpointChoice,
): Promise<Checkpoint | undefined> {
  const { checkpoints, unreadable } = await surveyCheckpoints(run);
  const newest = latest(checkpoints);
  const uncertain = unreadable.find(
    ({ step }) =>
      which === "best" || step === which || (which === "latest" && step > (newest?.step ?? -1)),
  );
  if (uncertain !== undefined) throw await unreadableError(uncertain);
  if (which === "latest") return newest;
  if (which === "best") return best(checkpoints) ?? newest;
  const found = checkpoints.find(({ step }) => step === which);
  if (found !== undefined) return found;
  const steps = checkpoints.map(({ step }) => step).join(", ") || "none";
  throw usageError(`${run} has no checkpoint of step ${which}; its checkpoints: ${steps}`);
}

async function unreadableError({ path, reason }: UnreadableCheckpoint): Promise<UserError> {
  const file = join(path, MANIFEST);
  if ("problem" in reason) return damagedFileError(file, reason.problem);
  return new UserError(`${file} ${describeNewer(reason.newer)}`);
}

/** Completes "checkpoint.json", for a file of a newer version. */
export function describeNewer(version: number): string {
  return `has format version ${version}, and this version of moesaic reads versions up to ${FORMAT_VERSION}; update moesaic`;
}

/** How to replace a damaged or missing file of a run that is in no checkpoint. */
export const COPY_ADVICE = "copy it from another run of the same training";

/**
 * Checks the files of the run directory that a checkpoint depends on, such as its tokenizer.
 *
 * @throws UserError if one differs, with exit code 2 if it is missing
 */
export async function checkRunFiles(run: string, checkpoint: Checkpoint): Promise<void> {
  const manifest = await manifestOf(checkpoint.path);
  for (const [name, expected] of Object.entries(manifest?.run_files ?? {})) {
    const path = join(run, name);
    const actual = await digestFile(path);
    if (actual === undefined) {
      throw usageError(
        `${run} has no ${name}, with which the checkpoint of step ${checkpoint.step} was trained; ${COPY_ADVICE}`,
      );
    }
    if (digestProblem(actual, expected) === undefined) continue;
    throw new UserError(
      `${path} is damaged or of another training: the checkpoint of step ${checkpoint.step} was trained with another content; ${COPY_ADVICE}`,
    );
  }
}
