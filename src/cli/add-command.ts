/** Adds definitions of commands to a program of commander. */
import { Option, type Command as Program } from "commander";
import { usageError } from "../graph/errors.ts";
import type { Command, CommandGroup } from "./define-command.ts";
import { flagOf, type Options, type Switch, type ValueOption } from "./option.ts";
import { checkRules } from "./rules.ts";

/** Runs the action of a command on its arguments and options. */
export type RunAction = (command: Command, given: readonly unknown[]) => Promise<void>;

/** Adds a command or a group of commands below `parent`. */
export function addCommand(
  parent: Program,
  definition: Command | CommandGroup,
  run: RunAction,
): void {
  const { name, summary, description } = definition;
  const program = parent.command(name).summary(summary).description(description);
  program.addHelpText("after", helpBelow(definition));
  if ("commands" in definition) {
    for (const command of definition.commands) addCommand(program, command, run);
    return;
  }
  if (definition.usage !== undefined) program.usage(definition.usage);
  for (const { name: own, help } of definition.arguments) program.argument(own, help);
  for (const [key, option] of Object.entries(definition.options)) addOption(program, key, option);
  program.action(async (...given: unknown[]) => {
    // commander appends its own options and the program to the arguments.
    const values = valuesOf(program, definition.options);
    requireOptions(program, definition.options);
    checkRules(definition.rules ?? [], (key) => isGiven(program, key, definition.options[key]));
    await run(definition, [...given.slice(0, -2), values]);
  });
}

/** Notes and examples, with the comments of examples in one column. */
function helpBelow({ notes, examples }: Command | CommandGroup): string {
  const lines = examples.map((example) => example.split(/ +# /));
  const width = Math.max(...lines.filter(({ length }) => length > 1).map(([line]) => line!.length));
  const shown = lines.map(([line, comment]) =>
    comment === undefined ? `  ${line}` : `  ${line!.padEnd(width)}   ${comment}`,
  );
  const paragraphs = notes === undefined ? "" : `\n${notes.trim()}\n`;
  return `${paragraphs}\nExamples:\n${shown.join("\n")}\n`;
}

function addOption(program: Program, key: string, option: Switch | ValueOption): void {
  const flag = flagOf(key);
  if (!("parse" in option)) {
    const { on, off } = option;
    if (on !== undefined) program.addOption(new Option(flag, on));
    if (off !== undefined) program.addOption(new Option(flag.replace("--", "--no-"), off));
    return;
  }
  const { help, value, fallback, alias } = option;
  const own = new Option(`${flag} ${value}`, help).argParser(parserOf(option, flag));
  if (fallback !== undefined) own.default(fallback, String(fallback));
  program.addOption(own);
  if (alias === undefined) return;
  program.addOption(
    new Option(`${alias} ${value}`, help).argParser(parserOf(option, alias)).hideHelp(),
  );
}

/**
 * Commander would report a missing option before an unknown one, which may be its misspelling.
 *
 * @throws UserError (exit code 2) if a required option is missing
 */
function requireOptions(program: Program, options: Options): void {
  for (const [key, option] of Object.entries(options)) {
    if (!("parse" in option) || !option.required || isGiven(program, key, option)) continue;
    throw usageError(`required option ${flagOf(key)} ${option.value} not specified`);
  }
}

/** Reads one value; a repeatable option keeps the values before it. */
function parserOf({ parse, many }: ValueOption, flag: string) {
  return (text: string, earlier: unknown): unknown => {
    const value = parse(text, flag);
    return many ? [...((earlier as readonly unknown[] | undefined) ?? []), value] : value;
  };
}

function valuesOf(program: Program, options: Options): Record<string, unknown> {
  const entries = Object.entries(options).map(([key, option]) => {
    const alias = aliasOf(option);
    if (alias === undefined || !isSet(program, alias)) {
      return [
        key,
        program.getOptionValueSource(key) ? program.getOptionValue(key) : option.fallback,
      ];
    }
    if (isSet(program, key)) {
      throw usageError(`--${alias} is another name of ${flagOf(key)}; give only one of them`);
    }
    return [key, program.getOptionValue(alias)];
  });
  return Object.fromEntries(entries);
}

/** Whether the user gave an option; `--no-name` does not count as `name`. */
function isGiven(program: Program, key: string, option: Switch | ValueOption | undefined): boolean {
  const alias = option && aliasOf(option);
  if (alias !== undefined && isSet(program, alias)) return true;
  return isSet(program, key) && program.getOptionValue(key) !== false;
}

/** The key of an option's alias, which is one word. */
function aliasOf(option: Switch | ValueOption): string | undefined {
  return "alias" in option ? option.alias?.replace("--", "") : undefined;
}

function isSet(program: Program, key: string): boolean {
  return program.getOptionValueSource(key) === "cli";
}
