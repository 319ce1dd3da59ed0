/** The interface of a benchmarked framework. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { CaseConfig } from "../cases.ts";
import { startLineProcess } from "./line-process.ts";

/** A side that runs a model: ours, or a peer's child process. */
export interface Side {
  /** Loads weights and batch; a later call replaces them. */
  init(task: Task): Promise<void>;
  /** Training steps (or loss and gradients alone, for a dense task), with the loss before each. */
  step(count: number): Promise<{ losses: number[]; ms: number[] }>;
  /** Forward passes. */
  infer(count: number): Promise<{ ms: number[] }>;
  close(): Promise<void>;
}

/** One model with its inputs, as safetensors files. */
export interface Task {
  readonly config: CaseConfig;
  readonly weights: string;
  readonly batch: string;
}

export interface StartedPeer extends Side {
  readonly version: string;
}

export interface Peer {
  readonly name: string;
  /** Runs only dense models, and loss with gradients instead of a whole training step. */
  readonly dense: boolean;
  /** Why the peer cannot run on this machine; undefined if it can. */
  unsupported(): string | undefined;
  installed(): boolean;
  /** Installs the peer into an ignored folder of the project; `log` receives one line per stage. */
  install(log: (line: string) => void): Promise<void>;
  start(): Promise<StartedPeer>;
}

/** Starts a child with the protocol of `pytorch/serve.py`. */
export async function startChild(
  name: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<StartedPeer> {
  const child = startLineProcess(name, command, args, env);
  const { version } = await child.request<{ version: string }>({ command: "version" });
  return {
    version,
    init: async (task) => {
      await child.request({ command: "init", ...task });
    },
    step: (count) => child.request({ command: "step", count }),
    infer: (count) => child.request({ command: "infer", count }),
    close: () => child.close(),
  };
}

const execute = promisify(execFile);

/** Runs a command to completion; its error contains the last lines of output. */
export async function runCommand(command: string, args: readonly string[]): Promise<void> {
  try {
    await execute(command, [...args], { maxBuffer: 64 * 2 ** 20 });
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    const tail = stderr.trim().split("\n").slice(-5).join("\n");
    throw new Error(`${command} ${args[0] ?? ""} failed: ${tail || message}`);
  }
}
