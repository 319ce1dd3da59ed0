/** `moesaic inspect`, its arguments and its help. */
import type { Command } from "commander";
import type { Context } from "../context.ts";

const help = `
A folder that holds runs stands for all of them, also for those that begin later. Runs in training are
followed; Ctrl-C ends the server. Only this machine can reach it unless --host names another address,
and then every request needs a token.

Examples:
  moesaic inspect runs/quickstart                 look at a run in the browser
  moesaic inspect runs                            all runs, compared
  moesaic inspect runs/quickstart --out site      the same as files for any web server
  moesaic inspect runs --host 0.0.0.0 --no-open   for other machines, with a token
`;

/** Adds `moesaic inspect` to the program. */
export function addInspectCommand(
  program: Command,
  context: Context,
  setExitCode: (code: number) => void,
): void {
  program
    .command("inspect")
    .summary("see what the routers of runs do")
    .description("Shows runs in the browser: curves, routing, and the model itself.")
    .argument("<run...>", "run directories, or folders that hold some")
    .option("--port <number>", "port (default: the first free one from 6006 on)")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--token <text>", "what requests must know (default: a new one, where one is needed)")
    .option("--no-open", "do not open the browser")
    .option("--out <dir>", "write everything as files instead")
    .option("--json", "print JSON alone on stdout, and open no browser")
    .addHelpText("after", help)
    .action(async (runs: string[], options) => {
      const { inspectCommand } = await import("./run/inspect.ts");
      setExitCode(await inspectCommand(context, runs, options));
    });
}
