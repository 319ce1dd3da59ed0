/** The command line program, built from the list of commands. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { commands } from "./commands/index.ts";
import type { Context } from "./context.ts";
import { addCommand, type CommandDefinition } from "./define-command.ts";

/** Version of the package, two folders up both in `src/` and in `dist/`. */
function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

const help = `
Examples:
  moesaic train quickstart                          a small model in a minute or two
  moesaic train quickstart seed=2 --run runs/two    another seed, another run directory
  moesaic train --run runs/two --resume             continue an interrupted run
  moesaic eval runs/two --split test                score its best checkpoint
  moesaic inspect runs                              view the routing in the browser
`;

export interface Program {
  readonly command: Command;
  /** Runs the command in `argv` and returns its exit code. */
  run(argv: readonly string[]): Promise<number>;
}

/** The program; modules that a command needs are loaded when it runs. */
export function createProgram(
  context: Context,
  list: readonly CommandDefinition[] = commands,
): Program {
  const command = new Command("moesaic")
    .description("Build, train, inspect and ship sparse mixture-of-experts models.")
    .version(version(), "--version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .addHelpText("after", help)
    .showSuggestionAfterError();
  let exitCode = 0;
  for (const definition of list) {
    addCommand(command, definition, async ({ load }, given) => {
      const action = await load!();
      exitCode = await action(context, ...(given as never[]));
    });
  }
  return {
    command,
    async run(argv) {
      exitCode = 0;
      await command.parseAsync(argv, { from: "user" });
      return exitCode;
    },
  };
}
