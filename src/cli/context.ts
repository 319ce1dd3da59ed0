/** The terminals that every command writes to. */
import { createTerminal, type Output, type Terminal } from "./terminal.ts";

export interface Context {
  /** Results: tables, or only JSON under `--json`. */
  readonly out: Terminal;
  /** Progress and notes. */
  readonly err: Terminal;
}

export function createContext(stdout: Output, stderr: Output): Context {
  return { out: createTerminal(stdout), err: createTerminal(stderr) };
}

/** Writes the one JSON document of a command under `--json`. */
export function printJson({ out }: Context, value: unknown): void {
  out.line(JSON.stringify(value, null, 2));
}
