/** Reads changed files in a process of its own, and tells its parent of each. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mutate, randomOf } from "./mutate.ts";
import { faultOf } from "./raw-error.ts";
import { readers } from "./readers.ts";

/** Longest processor time for one input, milliseconds. */
const SLOWEST = 2000;
/** Most memory of the process, bytes. */
const MOST = 512 * 2 ** 20;

/** An answer of the process: the input that it begins, or the outcome of one. */
export type FuzzMessage =
  | { readonly begins: number }
  | { readonly ended: number; readonly refused: boolean; readonly fault?: string };

const [name, folder, seed, first, count] = process.argv.slice(2);
const reader = readers.find((each) => each.name === name)!;
const path = join(folder!, reader.file);
const valid = readFileSync(`${path}.seed`);

const tell = (message: FuzzMessage): Promise<void> =>
  new Promise((resolve) => process.send!(message, undefined, {}, () => resolve()));

/** The valid file comes first, as input -1: it has to be read. */
const VALID = -1;
for (const i of [VALID, ...Array.from({ length: Number(count) }, (_, n) => Number(first) + n)]) {
  writeFileSync(path, i === VALID ? valid : mutate(valid, randomOf(Number(seed) + i)));
  await tell({ begins: i });
  const began = process.cpuUsage();
  let refused = false;
  let fault: string | undefined;
  try {
    await reader.read(path, folder!);
  } catch (error) {
    refused = i !== VALID;
    fault = refused ? faultOf(error) : `refuses the valid file: ${(error as Error).message}`;
  }
  const { user, system } = process.cpuUsage(began);
  if ((user + system) / 1000 > SLOWEST) fault ??= `more than ${SLOWEST} ms`;
  // The most that the process ever had, so that a peak within a reader counts.
  const used = process.resourceUsage().maxRSS * 1024;
  if (used > MOST) fault ??= `${Math.round(used / 2 ** 20)} MB of memory`;
  await tell({ ended: i, refused, ...(fault !== undefined && { fault }) });
}
writeFileSync(path, valid);
process.disconnect();
