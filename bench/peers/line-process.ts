/** A child process that answers each JSON line with one JSON line. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface LineProcess {
  /** Sends a request and waits for its answer; rejects if the answer is `{error}`. */
  request<T>(request: Readonly<Record<string, unknown>>): Promise<T>;
  /** Asks the child to exit and waits until it has exited. */
  close(): Promise<void>;
  readonly pid: number;
}

/** Starts `command`; errors refer to it as `name`. */
export function startLineProcess(
  name: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): LineProcess {
  const child: ChildProcessWithoutNullStreams = spawn(command, args, {
    env: { ...process.env, ...env },
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-4000);
  });
  // A failed write to a dead child is reported by the missing answer instead.
  child.stdin.on("error", () => {});
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(`it exited with ${signal ?? code}`));
  });

  const send = (request: unknown): void => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
  };

  return {
    pid: child.pid ?? -1,
    async request<T>(request: Readonly<Record<string, unknown>>): Promise<T> {
      send(request);
      const line = await answers.next();
      if (line.done) {
        const reason = await ended;
        throw new Error(`${name} gave no answer: ${reason}\n${complaints.trim()}`);
      }
      const answer = JSON.parse(line.value) as T & { error?: string };
      if (answer.error !== undefined) throw new Error(`${name} failed: ${answer.error}`);
      return answer;
    },
    async close(): Promise<void> {
      send({ command: "exit" });
      child.stdin.end();
      await ended;
    },
  };
}
