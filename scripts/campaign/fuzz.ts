/** Changed inputs for every reader: no crash, no hang, no raw error, bounded memory. */
import { fork } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FuzzMessage } from "./fuzz-worker.ts";
import { type Reader, readers } from "./readers.ts";
import { writeSeeds } from "./seeds.ts";

export interface FuzzOptions {
  /** Changed inputs of each reader. */
  readonly times: number;
  readonly seed: number;
  /** Readers whose name holds this text. */
  readonly only?: string | undefined;
  readonly print: (line: string) => void;
}

/** Longest time for one input, milliseconds; the process itself measures its processor time. */
const SLOWEST = 15_000;

interface Outcome {
  refused: number;
  readonly faults: Map<string, number>;
}

/** Runs the campaign and returns the number of faults. */
export async function fuzz({ times, seed, only = "", print }: FuzzOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "moesaic-fuzz-"));
  try {
    const seeds = join(folder, "seeds");
    await writeSeeds(seeds);
    const chosen = readers.filter(({ name }) => name.includes(only));
    const outcomes = new Map<string, Outcome>();
    const waiting = [...chosen];
    const work = async (): Promise<void> => {
      for (let reader = waiting.shift(); reader !== undefined; reader = waiting.shift()) {
        const own = join(folder, String(outcomes.size));
        const outcome: Outcome = { refused: 0, faults: new Map() };
        outcomes.set(reader.name, outcome);
        cpSync(seeds, own, { recursive: true });
        copyFileSync(join(own, reader.file), join(own, `${reader.file}.seed`));
        mkdirSync(own, { recursive: true });
        await attack(reader, own, { times, seed }, outcome);
        rmSync(own, { recursive: true });
        const bad = [...outcome.faults.values()].reduce((sum, count) => sum + count, 0);
        print(`${reader.name}: ${times} inputs, ${outcome.refused} refused, ${bad} faults`);
        for (const [fault, count] of outcome.faults) print(`  ${count} x ${fault}`);
      }
    };
    await Promise.all([work(), work()]);
    return [...outcomes.values()].reduce((sum, { faults }) => sum + faults.size, 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs one reader over all inputs, in a new process after each that ends. */
async function attack(
  { name }: Reader,
  folder: string,
  { times, seed }: Pick<FuzzOptions, "times" | "seed">,
  outcome: Outcome,
): Promise<void> {
  const { faults } = outcome;
  const note = (input: number, fault: string): void => {
    const kind = `${fault.replaceAll(folder, "").slice(0, 200)}`;
    const seen = [...faults.keys()].find((each) => each.startsWith(`${kind} (`));
    const key = seen ?? `${kind} (seed ${seed + input})`;
    faults.set(key, (faults.get(key) ?? 0) + 1);
  };
  let next = 0;
  while (next < times) {
    const file = fileURLToPath(new URL("fuzz-worker.ts", import.meta.url));
    const child = fork(file, [name, folder, String(seed), String(next), String(times - next)], {
      execArgv: ["--import", "tsx", "--max-old-space-size=512"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let said = "";
    child.stderr!.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000);
    });
    let current: number | undefined;
    let timer: NodeJS.Timeout | undefined;
    let hung = false;
    child.on("message", (message: FuzzMessage) => {
      clearTimeout(timer);
      if ("begins" in message) {
        current = message.begins;
        timer = setTimeout(() => {
          hung = true;
          child.kill("SIGKILL");
        }, SLOWEST);
        return;
      }
      next = Math.max(next, message.ended + 1);
      current = undefined;
      if (message.refused) outcome.refused += 1;
      if (message.fault !== undefined) note(message.ended, message.fault);
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    clearTimeout(timer);
    if (current !== undefined) {
      const last = said.trim().split("\n").at(-1) ?? "";
      note(current, hung ? `more than ${SLOWEST} ms` : `the process ended with ${code}: ${last}`);
      if (current < next) throw new Error(`${name} cannot read the valid file: ${said}`);
      next = current + 1;
    } else if (next < times) {
      throw new Error(`the process of the reader ${name} did not start: ${said}`);
    }
  }
}
