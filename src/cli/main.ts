/** The edge of the command line: arguments in, exit code out. */
import { type Command, CommanderError } from "commander";
import { UserError } from "../graph/errors.ts";
import { type Context, createContext, printJson } from "./context.ts";
import { createCommandLine } from "./program.ts";
import type { Output } from "./terminal.ts";

/**
 * Runs one command.
 *
 * An error is one line on stderr, or `{"error": ...}` on stdout under `--json`; MOESAIC_DEBUG=1 adds the
 * stack.
 *
 * @param argv arguments after the program's name
 * @returns 0; 1 for a failure; 2 for wrong usage or configuration; 130 after an interrupt
 */
export async function main(
  argv: readonly string[],
  { stdout = process.stdout, stderr = process.stderr }: { stdout?: Output; stderr?: Output } = {},
): Promise<number> {
  const context = createContext(stdout, stderr);
  const { program, run } = createCommandLine(context);
  throwInsteadOfExit(program, context);
  try {
    if (argv.length === 0) {
      program.outputHelp({ error: true });
      return 2;
    }
    return await run(argv);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && error.code === "commander.help") return 2;
    return report(error, context, argv.includes("--json"));
  }
}

function throwInsteadOfExit(command: Command, context: Context): void {
  command.exitOverride().configureOutput({
    writeOut: context.out.write,
    writeErr: context.err.write,
    getOutHelpWidth: context.out.width,
    getErrHelpWidth: context.err.width,
    outputError: () => {}, // reported with all other errors
  });
  for (const inner of command.commands) throwInsteadOfExit(inner, context);
}

function report(error: unknown, context: Context, json: boolean): number {
  const { message, exitCode } = explain(error);
  if (json) printJson(context, { error: message });
  else context.err.line(`${context.err.style("red", "error:")} ${message}`);
  if (process.env.MOESAIC_DEBUG && error instanceof Error) context.err.line(error.stack);
  return exitCode;
}

function explain(error: unknown): { message: string; exitCode: number } {
  if (error instanceof UserError) return { message: error.message, exitCode: error.exitCode };
  if (error instanceof CommanderError) return { message: usageSentence(error), exitCode: 2 };
  const message = error instanceof Error ? error.message : String(error);
  const hint = process.env.MOESAIC_DEBUG ? "" : " (set MOESAIC_DEBUG=1 for the stack)";
  return { message: `${message}${hint}`, exitCode: 1 };
}

/** Commander's message and its suggestion as one sentence. */
function usageSentence({ message }: CommanderError): string {
  return message
    .replace(/^error: /, "")
    .replace(/\n\(Did you mean (.*)\?\)$/, "; did you mean $1?")
    .replaceAll("'", "");
}
