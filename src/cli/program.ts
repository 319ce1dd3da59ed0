/** The commands, their arguments and their help. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { addAgreementCommand } from "./commands/agreement.ts";
import { addCaptionCommand } from "./commands/caption.ts";
import type { Context } from "./context.ts";
import { addDomainsCommand } from "./commands/domains.ts";
import { addEmbedCommand } from "./commands/embed.ts";
import { addExpertCommands } from "./commands/experts.ts";
import { addGenerateCommand } from "./commands/generate.ts";
import { addInspectCommand } from "./commands/inspect.ts";
import { addParametersCommand } from "./commands/parameters.ts";
import { addProbeCommand } from "./commands/probe.ts";
import { addRetrieveCommand } from "./commands/retrieve.ts";
import { addZeroShotCommand } from "./commands/zero-shot.ts";

/** Version of the package, two folders up both in `src/` and in `dist/`. */
function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

const help = `
Examples:
  moesaic train quickstart                          a small model in a minute or two
  moesaic train quickstart seed=2 --run runs/two    another seed, another run directory
  moesaic train --run runs/two --resume             continue where it stopped
  moesaic eval runs/two --split test                score its best checkpoint
  moesaic inspect runs                              see in the browser what the routers do
`;

const trainHelp = `
A recipe is one of \`moesaic recipes\`; a file is a YAML file of the same form, which may begin with
\`extends: <recipe>\` and then holds only what differs. Arguments key.path=value win over both. A part
with another \`name\`, \`kind\` or \`system\` than the one below it replaces all of that one.

Examples:
  moesaic train quickstart model.width=96 train.max_steps=500
  moesaic train ./mine.yaml --run runs/mine
  moesaic train --run runs/mine --resume
  moesaic train quickstart --json > summary.json

Ctrl-C finishes the step, saves a checkpoint and exits with code 130.
`;

/**
 * The command line; what a command needs is loaded when it runs.
 *
 * @param setExitCode receives the code of the command that ran
 */
export function createProgram(context: Context, setExitCode: (code: number) => void): Command {
  const program = new Command("moesaic")
    .description("Build, train, inspect and ship sparse mixture-of-experts models.")
    .version(version(), "--version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .addHelpText("after", help)
    .showSuggestionAfterError();
  const json = ["--json", "print JSON alone on stdout"] as const;

  program
    .command("train")
    .summary("train a recipe")
    .description("Trains a recipe or a YAML file and writes a run directory.")
    .usage("<recipe|file> [key=value ...] [options]")
    .argument("[recipe|file]", "what to train; left out when a run is resumed")
    .argument("[key=value...]", "settings that win over the recipe")
    .option("--run <dir>", "run directory (default: runs/<recipe>)")
    .option("--resume", "continue the run after its newest checkpoint")
    .option("--overwrite", "replace the run that stands in the run directory")
    .option("--profile", "time the operators and modules of the first 25 steps")
    .option(...json)
    .addHelpText("after", trainHelp)
    .action(async (recipe: string | undefined, overrides: string[], options) => {
      const positionals = recipe === undefined ? [] : [recipe, ...overrides];
      const { trainCommand } = await import("./commands/run/train.ts");
      setExitCode(await trainCommand(context, positionals, options));
    });
  program
    .command("eval")
    .summary("score a run")
    .description("Scores a checkpoint of a run on one split of its data.")
    .argument("<run>", "run directory")
    .option("--split <name>", "train, validation or test", "test")
    .option("--checkpoint <which>", "best or latest", "best")
    .option(...json)
    .action(async (run: string, options) => {
      const { evalCommand } = await import("./commands/run/eval.ts");
      setExitCode(await evalCommand(context, run, options));
    });
  program
    .command("recipes")
    .summary("list the recipes")
    .description("Lists the recipes that `moesaic train` knows by name.")
    .option(...json)
    .action(async (options) => {
      const { recipesCommand } = await import("./commands/run/recipes.ts");
      setExitCode(recipesCommand(context, options));
    });

  addInspectCommand(program, context, setExitCode);
  addGenerateCommand(program, context, setExitCode);
  addCaptionCommand(program, context, setExitCode);
  addZeroShotCommand(program, context, setExitCode);
  addRetrieveCommand(program, context, setExitCode);
  addEmbedCommand(program, context, setExitCode);
  addProbeCommand(program, context, setExitCode);
  addExpertCommands(program, context, setExitCode);
  addDomainsCommand(program, context, setExitCode);
  addAgreementCommand(program, context, setExitCode);
  addParametersCommand(program, context, setExitCode);

  const data = program.command("data").description("list and download data sets");
  const root = ["--root <dir>", "folder of the data sets (default: MOESAIC_DATA)"] as const;
  data
    .command("list")
    .description("list the data sets known by name")
    .option(...root)
    .option(...json)
    .action(async (options) => {
      const { listDataCommand } = await import("./commands/run/data.ts");
      setExitCode(await listDataCommand(context, options));
    });
  data
    .command("get")
    .description("download a data set from its publisher")
    .argument("<name>", "name of the data set")
    .option(...root)
    .option(...json)
    .action(async (name: string, options) => {
      const { getDataCommand } = await import("./commands/run/data.ts");
      setExitCode(await getDataCommand(context, name, options));
    });
  return program;
}
