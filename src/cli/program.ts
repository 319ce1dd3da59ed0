/** The command line program, built from the list of commands. */
import { readFileSync } from "node:fs";
import { Command as Program } from "commander";
import { addCommand } from "./add-command.ts";
import { commands } from "./commands/index.ts";
import type { Context } from "./context.ts";

/** Version of the package, two folders up both in `src/` and in `dist/`. */
function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

const help = `
Examples:
  moesaic train quickstart                          train a small model in a minute or two
  moesaic train quickstart seed=2 --run runs/two    another seed, another run directory
  moesaic train --run runs/two --resume             continue an interrupted run
  moesaic eval runs/two --split test                score its best checkpoint
  moesaic inspect runs                              view the routing in the browser
`;

async function loadPlugins({ plugin }: { readonly plugin?: readonly string[] }): Promise<void> {
  if (plugin === undefined) return;
  const plugins = await import("../recipe/plugins.ts");
  await plugins.loadPlugins(plugin);
}

/** A parser of command lines. */
export interface CommandLine {
  readonly program: Program;
  /** Runs the command that `argv` names and returns its exit code. */
  run(argv: readonly string[]): Promise<number>;
}

/** The command line; modules that a command needs are loaded when it runs. */
export function createCommandLine(context: Context): CommandLine {
  const program = new Program("moesaic")
    .description("Build, train, inspect and ship sparse mixture-of-experts models.")
    .version(version(), "--version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .addHelpText("after", help)
    .showSuggestionAfterError();
  let exitCode = 0;
  for (const command of commands) {
    addCommand(program, command, async ({ load }, given) => {
      await loadPlugins(given.at(-1) as { readonly plugin?: readonly string[] });
      const action = await load();
      exitCode = await action(context, ...(given as never));
    });
  }
  return {
    program,
    async run(argv) {
      exitCode = 0;
      await program.parseAsync(argv, { from: "user" });
      return exitCode;
    },
  };
}
