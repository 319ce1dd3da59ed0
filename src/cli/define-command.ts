/** The definition of a command: arguments, options, help, and a loader of its action. */
import { type Command, Option } from "commander";
import type { Context } from "./context.ts";

/** One option. */
export interface OptionDefinition {
  /** As commander reads them: `--top <count>`, `--json`, `--no-open`. */
  readonly flags: string;
  readonly help: string;
  readonly default?: string;
  readonly required?: boolean;
  /** Whether it may be given several times; its values become a list. */
  readonly repeatable?: boolean;
  /** Accepted, but not shown in help: former spellings. */
  readonly hidden?: boolean;
}

/**
 * What a command does: the context, one parameter per argument, then the options.
 *
 * @returns the exit code
 */
export type CommandAction = (context: Context, ...given: never[]) => number | Promise<number>;

/** A command of the program, or a group of subcommands. */
export interface CommandDefinition {
  readonly name: string;
  /** A few words for the list of commands. */
  readonly summary: string;
  /** One sentence for its own help. */
  readonly description: string;
  /** Replaces the generated usage line. */
  readonly usage?: string;
  /** Flags such as `<run>` or `[key=value...]`, each with its help. */
  readonly arguments?: readonly (readonly [flags: string, help: string])[];
  readonly options?: readonly OptionDefinition[];
  /** Text below the options, with examples. */
  readonly help?: string;
  /** Imports the action, which may need heavy modules. */
  readonly load?: () => Promise<CommandAction>;
  readonly commands?: readonly CommandDefinition[];
}

/**
 * Declares a command.
 *
 * @example
 * export const evalDefinition = defineCommand({
 *   name: "eval",
 *   summary: "score a run",
 *   description: "Scores a checkpoint of a run on one split of its data.",
 *   arguments: [["<run>", "run directory"]],
 *   options: [checkpointOption, jsonOption],
 *   load: async () => (await import("./run/eval.ts")).evalCommand,
 * });
 */
export function defineCommand(definition: CommandDefinition): CommandDefinition {
  return definition;
}

/** Runs the action of a command on what commander parsed. */
export type RunAction = (definition: CommandDefinition, given: readonly unknown[]) => Promise<void>;

/** Adds a command and its subcommands to a commander program. */
export function addCommand(parent: Command, definition: CommandDefinition, run: RunAction): void {
  const { name, summary, description, usage, help, load } = definition;
  const command = parent.command(name).summary(summary).description(description);
  if (usage !== undefined) command.usage(usage);
  for (const [flags, text] of definition.arguments ?? []) command.argument(flags, text);
  for (const option of definition.options ?? []) command.addOption(commanderOption(option));
  if (help !== undefined) command.addHelpText("after", help);
  if (load !== undefined) {
    // commander calls an action with the arguments, the options and the command itself.
    command.action((...given: unknown[]) => run(definition, given.slice(0, -1)));
  }
  for (const inner of definition.commands ?? []) addCommand(command, inner, run);
}

function commanderOption({ flags, help, required, repeatable, hidden, ...rest }: OptionDefinition) {
  const option = new Option(flags, help).makeOptionMandatory(required === true);
  option.hideHelp(hidden === true);
  if (rest.default !== undefined) option.default(rest.default);
  if (repeatable) {
    option.argParser((value: string, earlier: string[] | undefined) => [...(earlier ?? []), value]);
  }
  return option;
}
