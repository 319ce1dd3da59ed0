/** Trainings in processes of their own. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../bin/moesaic.js", import.meta.url));

export interface Training {
  /** Resolves when the process has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly said: string }>;
  /** Ends the process and all that it started at once; false if it had ended before. */
  kill(): boolean;
}

/** Starts `moesaic train` with these arguments. */
export function startTraining(argv: readonly string[]): Training {
  const child = spawn(process.execPath, [bin, "train", ...argv], {
    detached: true, // so that threads and children die with it
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  const ended = new Promise<{ code: number | null; said: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, said })),
  );
  return {
    ended,
    kill() {
      if (child.exitCode !== null || child.signalCode !== null) return false;
      try {
        process.kill(-child.pid!, "SIGKILL");
        return true;
      } catch {
        return false;
      }
    },
  };
}
