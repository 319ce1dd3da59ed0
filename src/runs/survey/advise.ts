/** How to continue or repair a run. */
import { basename, dirname } from "node:path";
import { COPY_ADVICE } from "../checkpoints/choose-checkpoint.ts";
import { type DamagedFile, damagedFileError } from "../checkpoints/verify-checkpoint.ts";

/** One sentence with the command for a run in a state; null if nothing is to do. */
export async function advise(
  path: string,
  state: string,
  damage: readonly DamagedFile[],
): Promise<string | null> {
  const resume = `moesaic train --run ${path} --resume`;
  const [damaged] = damage;
  if (damaged !== undefined) {
    const others = damage.length > 1 ? ` (and ${damage.length - 1} more)` : "";
    return `${await repair(damaged, path)}${others}`;
  }
  if (state === "interrupted") return `${path} was interrupted: resume it with: ${resume}`;
  if (state === "no checkpoint") {
    return `${path} stopped before its first checkpoint: start it again with: ${resume}`;
  }
  return null;
}

/** What to do about a damaged file, by its place. */
async function repair({ path, problem }: DamagedFile, run: string): Promise<string> {
  if (basename(dirname(dirname(path))) === "checkpoints") {
    return (await damagedFileError(path, problem)).message;
  }
  const advice = {
    "config.yaml": `${COPY_ADVICE}, or name its recipe: moesaic train <recipe> --run ${run} --resume`,
    "summary.json": `write it again with: moesaic train --run ${run} --resume`,
  }[basename(path)];
  return `${path} is damaged: ${problem}; ${advice ?? COPY_ADVICE}`;
}
