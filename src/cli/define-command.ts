/** A command as one definition: its arguments, options, help, and a loader of its action. */
import type { Context } from "./context.ts";
import type { Options, Values } from "./option.ts";
import type { Rule } from "./rules.ts";

/** A positional argument: `<run>` is required, `[run]` is not, `<run...>` takes several. */
export interface Argument<Name extends string = string> {
  readonly name: Name;
  readonly help: string;
}

type ArgumentValue<Name extends string> = Name extends `${string}...${string}`
  ? readonly string[]
  : Name extends `[${string}`
    ? string | undefined
    : string;

type ArgumentValues<Arguments extends readonly Argument[]> = {
  readonly [At in keyof Arguments]: Arguments[At] extends Argument<infer Name>
    ? ArgumentValue<Name>
    : never;
};

/**
 * What a command does: it receives the context, one parameter per argument, then the options.
 *
 * @returns the exit code: 0, 1 if something failed, 130 if it was interrupted
 * @throws UserError for mistakes that users can correct
 */
export type Action<Arguments extends readonly Argument[], O extends Options> = (
  context: Context,
  ...given: [...ArgumentValues<Arguments>, Values<O>]
) => number | Promise<number>;

interface Described {
  readonly name: string;
  /** A few words for the list of commands. */
  readonly summary: string;
  /** One sentence for its own help. */
  readonly description: string;
  /** Paragraphs below the options. */
  readonly notes?: string;
  /** Command lines; a comment may follow after ` # `. */
  readonly examples: readonly string[];
}

/** A command that does something. */
export interface Command<
  Arguments extends readonly Argument[] = readonly Argument[],
  O extends Options = Options,
> extends Described {
  /** Replaces the generated usage line. */
  readonly usage?: string;
  readonly arguments: Arguments;
  readonly options: O;
  /** Combinations of options that are refused. */
  readonly rules?: readonly Rule<keyof O & string>[];
  /** Imports the action, so that other commands start without its modules. */
  load(): Promise<Action<Arguments, O>>;
}

/** A command that only has subcommands. */
export interface CommandGroup extends Described {
  readonly commands: readonly Command[];
}

/**
 * Defines a command; `commands/index.ts` lists it.
 *
 * The types of the action's parameters must fit the arguments and options.
 *
 * @example
 * export const evalDefinition = defineCommand({
 *   name: "eval",
 *   summary: "score a run",
 *   description: "Scores a checkpoint of a run on one split of its data.",
 *   arguments: [argument("<run>", "run directory")],
 *   options: { split, checkpoint, ...common },
 *   examples: ["moesaic eval runs/quickstart"],
 *   load: async () => (await import("./run/eval.ts")).evalCommand,
 * });
 */
export function defineCommand<const Arguments extends readonly Argument[], O extends Options>(
  command: Command<Arguments, O>,
): Command {
  return command as unknown as Command;
}

/** Defines a command that only has subcommands. */
export function defineCommandGroup(group: CommandGroup): CommandGroup {
  return group;
}

/** A positional argument. */
export function argument<const Name extends string>(name: Name, help: string): Argument<Name> {
  return { name, help };
}
