/** The inputs of `moesaic predict`: picture files, or texts. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { withReport } from "../../data/data-report.ts";
import { expandFiles } from "../../data/expand-files.ts";
import { picturesBelow } from "../../data/images/folder-files.ts";
import { UserError, usageError } from "../../graph/errors.ts";
import type { RecordedImage } from "../../inspect/types/image.ts";
import { readNodeImage } from "../../runs/load-model.ts";

/** An input that cannot be read, and the reason in one sentence. */
export interface Broken {
  readonly input: string;
  readonly error: string;
}

interface Batch {
  readonly read: readonly { readonly input: string; readonly value: RecordedImage | string }[];
  readonly broken: readonly Broken[];
}

/** Replaces `-` by the lines of standard input. */
export async function withLines(
  given: readonly string[],
  stdin: NodeJS.ReadableStream = process.stdin,
): Promise<readonly string[]> {
  if (!given.includes("-")) return given;
  const lines: string[] = [];
  for await (const line of createInterface({ input: stdin })) if (line !== "") lines.push(line);
  return given.flatMap((one) => (one === "-" ? lines : [one]));
}

/**
 * The picture files of paths, folders and patterns.
 *
 * @throws UserError (exit code 2) for a folder without pictures, or a pattern without files
 */
export async function expandPictures(
  given: readonly string[],
  note: (message: string) => void,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const one of given) {
    if (!existsSync(one)) found.push(...(await expandFiles("", one)));
    else if (!statSync(one).isDirectory()) found.push(one);
    else {
      const hooks = { onReport: ({ message }: { readonly message: string }) => note(message) };
      const inside = await withReport(one, hooks, (report) => picturesBelow(one, report));
      if (inside.length === 0) throw usageError(`${one} has no pictures; name another folder`);
      for (const path of inside) found.push(join(one, path));
    }
  }
  return found;
}

/** Reads inputs at the same time; one that cannot be read becomes a sentence. */
export async function readBatch(inputs: readonly string[], areImages: boolean): Promise<Batch> {
  const read: { input: string; value: RecordedImage | string }[] = [];
  const broken: Broken[] = [];
  if (!areImages) return { read: inputs.map((input) => ({ input, value: input })), broken };
  const results = await Promise.allSettled(inputs.map(readNodeImage));
  for (const [i, result] of results.entries()) {
    const input = inputs[i]!;
    if (result.status === "fulfilled") read.push({ input, value: result.value });
    else if (!(result.reason instanceof UserError) || result.reason.exitCode === 2) {
      throw result.reason; // such as a missing package
    } else broken.push({ input, error: result.reason.message });
  }
  return { read, broken };
}
