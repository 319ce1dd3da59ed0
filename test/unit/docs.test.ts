/** The commands and examples of README and docs work; their links, anchors and scripts exist. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseArguments } from "../../bench/arguments.ts";
import { loadConfig } from "../../src/config/load.ts";
import { trainConfigSchema } from "../../src/recipe/config.ts";
import { checkCommand, runCommand } from "./docs/commands.fixture.ts";
import {
  anchors,
  codeBlocks,
  inlineCode,
  links,
  moesaicArguments,
  shellLines,
  shellWords,
} from "./docs/markdown.fixture.ts";
import {
  readPages,
  writeCheckpoint,
  writeDataRoot,
  writePictures,
  writeRecipes,
  writeTrees,
} from "./docs/sandbox.fixture.ts";
import { temporaryFolder } from "./moesaic.fixture.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const inDocs = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
const pages = readPages(root, [
  "README.md",
  "ARCHITECTURE.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  ...inDocs.map((name) => `docs/${name}`),
]);
const names = [...pages.keys()];
/** Pages whose YAML blocks are recipes to train, on the folders and lists that the pages show. */
const dataPages = ["docs/data.md", "docs/own-pictures.md", "docs/own-texts.md"];
const minute = 60_000;

const folder = temporaryFolder();
const before = { folder: process.cwd(), data: process.env.MOESAIC_DATA };
beforeAll(() => {
  for (const name of dataPages) writeTrees(folder.path, pages.get(name)!);
  writeDataRoot(join(folder.path, "data"));
  writeCheckpoint(folder.path);
  for (const page of pages.values()) writeRecipes(folder.path, page);
  process.chdir(folder.path);
  process.env.MOESAIC_DATA = join(folder.path, "data");
});
afterAll(() => {
  process.chdir(before.folder);
  if (before.data === undefined) delete process.env.MOESAIC_DATA;
  else process.env.MOESAIC_DATA = before.data;
  folder.remove();
});

/** Lines of the shell blocks of a page. */
function commands(page: string): string[] {
  const shells = codeBlocks(page).filter(({ language }) => language === "sh");
  return shells.flatMap(({ text }) => shellLines(text));
}

/** The commands of `moesaic` in the shell blocks of a page. */
function moesaicCommands(page: string): string[][] {
  return commands(page).flatMap((line) => {
    const argv = moesaicArguments(line);
    return argv === undefined ? [] : [argv];
  });
}

const shown = names.flatMap((name) =>
  moesaicCommands(pages.get(name)!).map((argv) => ({ name, argv, line: argv.join(" ") })),
);

test.each(shown)("$name: moesaic $line", { timeout: minute }, async ({ argv }) => {
  writePictures(folder.path, argv);
  await runCommand(argv);
});

describe("examples of data", () => {
  const blocks = dataPages.flatMap((name) => codeBlocks(pages.get(name)!));
  const recipes = blocks.filter(({ language }) => language === "yaml");

  test("each is a recipe with its own name", () => {
    const files = recipes.map(({ text }) => /^# (\S+\.yaml)\n/.exec(text)?.[1]);
    expect(files).not.toContain(undefined);
    expect(new Set(files).size).toBe(recipes.length);
    expect(recipes.length).toBeGreaterThan(10);
  });

  test.each(recipes.map(({ text }) => /^# (\S+)/.exec(text)![1]!))(
    "%s trains",
    { timeout: minute },
    (file) => runCommand(["train", file, "--run", `runs/data/${file}`]),
  );
});

test.each(names)("%s: inline commands and recipes are valid", async (name) => {
  for (const code of inlineCode(pages.get(name)!)) {
    const argv = moesaicArguments(code);
    if (argv === undefined || argv.length === 0) continue;
    await checkCommand(argv.filter((word) => !/^<.*>$|^\.\.\.$/.test(word)));
  }
  for (const file of writeRecipes(folder.path, pages.get(name)!)) {
    loadConfig(join(folder.path, file), trainConfigSchema);
  }
});

test.each(names)("%s: npm scripts exist", (name) => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const page = pages.get(name)!;
  const used = [...page.matchAll(/npm (?:run (?:--silent )?([\w:-]+)|(start|test)\b)/g)];
  for (const [, run, own] of used) expect(Object.keys(scripts)).toContain(run ?? own);
  for (const code of [...inlineCode(page), ...commands(page)]) {
    const [, bench] = /^npm run bench -- (.+)$/.exec(code) ?? [];
    if (bench !== undefined) expect(() => parseArguments(shellWords(bench))).not.toThrow();
  }
});

test.each(names)("%s: links and anchors are valid", (name) => {
  for (const link of links(pages.get(name)!)) {
    if (/^[a-z]+:/.test(link)) continue;
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? name : normalize(join(dirname(name), path));
    expect(existsSync(join(root, target)), `${link} in ${name}`).toBe(true);
    if (anchor === undefined) continue;
    const found = anchors(pages.get(target) ?? readFileSync(join(root, target), "utf8"));
    expect([...found], `${link} in ${name}`).toContain(anchor);
  }
});
