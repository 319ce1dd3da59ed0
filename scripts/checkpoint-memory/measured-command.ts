/** Runs one command of `moesaic` and sends the peak of its memory to the parent process. */
import { main } from "../../src/cli/main.ts";

export interface Measured {
  readonly exitCode: number;
  /** Peak resident memory of the process, bytes. */
  readonly peak: number;
}

const exitCode = await main(process.argv.slice(2));
const { maxRSS } = process.resourceUsage(); // kilobytes
process.send!({ exitCode, peak: maxRSS * 1024 } satisfies Measured);
