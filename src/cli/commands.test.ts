/** Requirements on every definition of a command. */
import { describe, expect, test } from "vitest";
import { commands } from "./commands/index.ts";
import type { Command, CommandGroup } from "./define-command.ts";
import { main } from "./main.ts";
import { flagOf, type Options } from "./option.ts";

interface Entry {
  /** As typed by users, such as `experts add`. */
  readonly path: string;
  readonly command: Command;
}

const described = commands.flatMap((command) => [
  { path: command.name, command },
  ...subcommands(command).map((inner) => ({
    path: `${command.name} ${inner.name}`,
    command: inner,
  })),
]);
const entries: readonly Entry[] = described.filter(
  (entry): entry is Entry => "load" in entry.command,
);

function subcommands(command: Command | CommandGroup): readonly Command[] {
  return "commands" in command ? command.commands : [];
}

/** All spellings of options, including the ones that help does not list. */
function flags(options: Options): { shown: string[]; hidden: string[] } {
  const all = Object.entries(options).map(([key, option]) => {
    const flag = flagOf(key);
    const off = flag.replace("--", "--no-");
    if ("parse" in option) return { shown: [flag], hidden: option.alias ? [option.alias] : [] };
    const { on, off: isOff } = option;
    return { shown: [...(on ? [flag] : []), ...(isOff ? [off] : [])], hidden: [] };
  });
  return { shown: all.flatMap(({ shown }) => shown), hidden: all.flatMap(({ hidden }) => hidden) };
}

async function help(path: string): Promise<string> {
  let out = "";
  const output = { write: (text: string) => (out += text), columns: 200 };
  expect(await main([...path.split(" "), "--help"], { stdout: output })).toBe(0);
  return out;
}

test("names are unique", () => {
  const paths = described.map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
  expect(entries.length).toBeGreaterThan(15);
});

describe.each(described)("moesaic $path", ({ path, command }) => {
  test("has a summary, a description and its own examples", () => {
    expect(command.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(command.summary).toMatch(/^[a-z].{5,60}[^.]$/);
    expect(command.description).toMatch(/^[A-Z].*\.$/);
    expect(command.examples.length).toBeGreaterThan(0);
    for (const example of command.examples)
      expect(example).toMatch(new RegExp(`^moesaic ${path}\\b`));
  });

  test("shows its description and examples in help", async () => {
    const text = await help(path);
    expect(text).toContain(command.description);
    for (const example of command.examples) expect(text).toContain(example.split(" # ")[0]);
  });
});

describe.each(entries)("moesaic $path", ({ path, command }) => {
  test("has help for every argument and option, and --json", async () => {
    const text = await help(path);
    for (const { help: words } of command.arguments) expect(words).toMatch(/^\S.{5,}[^.]$/);
    for (const option of Object.values(command.options)) {
      const words = "parse" in option ? [option.help] : [option.on, option.off].filter(Boolean);
      for (const line of words) expect(line).toMatch(/^\S.{5,}[^.]$/);
      for (const line of words) expect(text).toContain(line);
    }
    const { shown, hidden } = flags(command.options);
    expect(shown).toContain("--json");
    for (const flag of shown) expect(text).toMatch(new RegExp(`  ${flag}\\b`));
    for (const flag of hidden) expect(text).not.toMatch(new RegExp(`  ${flag} `));
  });

  test("examples only use its options", () => {
    const known = flags(command.options).shown;
    const used = command.examples.flatMap((example) => example.match(/--[a-z][a-z-]*/g) ?? []);
    for (const flag of used) expect(known).toContain(flag);
  });

  test("rules only read its options", () => {
    const read = (command.rules ?? []).flatMap(({ options }) => options);
    for (const key of read) expect(Object.keys(command.options)).toContain(key);
  });

  test("loads its action", async () => {
    expect(await command.load()).toBeTypeOf("function");
  }, 60_000);
});
