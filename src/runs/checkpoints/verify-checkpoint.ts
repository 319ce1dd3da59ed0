/** Checks the files of checkpoints against their digests, and finds the checkpoint to go back to. */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { checkSafetensorsFile } from "../../formats/safetensors-file.ts";
import { UserError } from "../../graph/errors.ts";
import { type FileDigest, ignoreMissing } from "../files.ts";
import { digestFile } from "../run-file-digests.ts";
import { type Digests, MANIFEST, type Manifest, readManifest } from "./checkpoint-manifest.ts";
import { type Checkpoint, listCheckpoints } from "./checkpoint-store.ts";

/** A file that is not as it was written. */
export interface DamagedFile {
  readonly path: string;
  /** Completes "<path> is damaged:". */
  readonly problem: string;
}

/** The manifest of a checkpoint; undefined if none can be read. */
export async function manifestOf(folder: string): Promise<Manifest | undefined> {
  const read = await readManifest(folder);
  return "manifest" in read ? read.manifest : undefined;
}

/** The difference of a file from its digest; undefined if there is none. */
export function digestProblem(actual: FileDigest, expected: FileDigest): string | undefined {
  if (actual.size !== expected.size) {
    return `it has ${actual.size} bytes, and ${expected.size} were written`;
  }
  if (actual.sha256 === expected.sha256) return undefined;
  return `its content differs from the SHA-256 digest in ${MANIFEST}`;
}

export interface DamageOptions {
  /** Compares sizes and reads no file. Default false. */
  readonly onlySizes?: boolean;
}

/**
 * The damaged files of a checkpoint, and of its run's files that it depends on. Checkpoints of older
 * versions have no digests; only the headers of their tensors are checked.
 */
export async function damagedFiles(
  checkpoint: Pick<Checkpoint, "path">,
  options: DamageOptions = {},
): Promise<DamagedFile[]> {
  const { path } = checkpoint;
  const read = await readManifest(path);
  if ("newer" in read) return [];
  if ("missing" in read) return [{ path: join(path, MANIFEST), problem: "it is missing" }];
  if ("problem" in read) return [{ path: join(path, MANIFEST), problem: read.problem }];
  const { files, run_files = {} } = read.manifest;
  if (files === undefined) return damagedHeaders(path);
  return [
    ...(await damaged(path, files, options)),
    ...(await damaged(dirname(dirname(path)), run_files, options)),
  ];
}

async function damaged(
  folder: string,
  files: Digests,
  options: DamageOptions,
): Promise<DamagedFile[]> {
  const found: DamagedFile[] = [];
  for (const [name, expected] of Object.entries(files)) {
    const path = join(folder, name);
    const problem = await checkFile(path, expected, options);
    if (problem !== undefined) found.push({ path, problem });
  }
  return found;
}

async function checkFile(
  path: string,
  expected: FileDigest,
  { onlySizes = false }: DamageOptions,
): Promise<string | undefined> {
  try {
    const actual = onlySizes
      ? await stat(path).then(({ size }) => ({ ...expected, size }), ignoreMissing)
      : await digestFile(path);
    return actual === undefined ? "it is missing" : digestProblem(actual, expected);
  } catch (error) {
    return (error as Error).message;
  }
}

async function damagedHeaders(folder: string): Promise<DamagedFile[]> {
  const found: DamagedFile[] = [];
  for (const name of await readdir(folder)) {
    if (!name.endsWith(".safetensors")) continue;
    const path = join(folder, name);
    await checkSafetensorsFile(path).catch((error: Error) => {
      found.push({ path, problem: error.message });
    });
  }
  return found;
}

/**
 * An error that names a damaged file, and the newest intact checkpoint with the command to use it.
 *
 * @param file in a checkpoint of a run, or elsewhere
 */
export async function damagedFileError(
  file: string,
  problem: string,
  cause?: unknown,
): Promise<UserError> {
  const folder = dirname(file);
  const advice = basename(dirname(folder)) === "checkpoints" ? await goBack(folder) : "";
  return new UserError(`${file} is damaged: ${problem}${advice}`, { cause });
}

async function goBack(folder: string): Promise<string> {
  const run = dirname(dirname(folder));
  const others = (await listCheckpoints(run)).filter(
    ({ step }) => String(step) !== basename(folder),
  );
  for (const other of others.reverse()) {
    if ((await damagedFiles(other)).length > 0) continue;
    const { step } = other;
    return `; the checkpoint of step ${step} is intact: use it with --checkpoint ${step}, or continue the training from it with: moesaic train --run ${run} --resume --checkpoint ${step}`;
  }
  return `; no other checkpoint of the run is intact: restore the file from a copy, or train again with: moesaic train ${join(run, "config.yaml")} --run ${run} --overwrite`;
}
