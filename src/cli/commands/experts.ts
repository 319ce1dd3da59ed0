/** The subcommands of `moesaic experts`, their arguments and their help. */
import type { Command } from "commander";
import type { Context } from "../context.ts";

const help = `
Each command but list reads a checkpoint of <run> and writes a new run directory with the changed
model and its optimizer state. Training continues there, with a new learning-rate schedule and the
data from the start:
  moesaic train --run <out> --resume

Examples:
  moesaic experts list runs/a
  moesaic experts add runs/a --copy 2 --out runs/b
  moesaic experts add runs/a --most-used 2 --noise 0.05 --out runs/b
  moesaic experts remove runs/a --least-used 1 --out runs/b
  moesaic experts remove runs/a --experts blocks.0.moe=1 --experts blocks.1.moe=3 --out runs/b
  moesaic experts merge runs/a --experts 0,3 --experts 1,2 --weights load --align --out runs/b
  moesaic experts upcycle runs/dense --out runs/b

Numbers without a layer mean the experts with these numbers in every layer.
`;

type SetExitCode = (code: number) => void;

/** Adds `moesaic experts` to the program. */
export function addExpertCommands(
  program: Command,
  context: Context,
  setExitCode: SetExitCode,
): void {
  const experts = program
    .command("experts")
    .summary("list or change a run's experts")
    .description("Lists, adds, removes, merges the experts of a run, or makes a dense run sparse.")
    .addHelpText("after", help);
  const load = () => import("./run/experts.ts");
  const collect = (value: string, earlier: string[] = []): string[] => [...earlier, value];
  const checkpoint = ["--checkpoint <which>", "best or latest", "best"] as const;
  const json = ["--json", "print JSON alone on stdout"] as const;
  const kind = ["--kind <name>", "kind of experts where there are several, as list shows"] as const;
  const change = (name: string, description: string): Command =>
    experts
      .command(name)
      .description(description)
      .argument("<run>", "run directory")
      .requiredOption("--out <dir>", "new run directory")
      .option("--overwrite", "replace the run that stands in the new run directory")
      .option(...checkpoint);
  const noise = (default_: string) =>
    ["--noise <ratio>", `noise on copies over the size of their weights (${default_})`] as const;

  experts
    .command("list")
    .description("list the experts of a run and their loads")
    .argument("<run>", "run directory")
    .option(...checkpoint)
    .option(...json)
    .action(async (run: string, options) => {
      setExitCode(await (await load()).listExpertsCommand(context, run, options));
    });
  change("add", "add experts: copies of others, or fresh ones")
    .option("--copy <numbers>", "experts to copy; can be given for each layer", collect)
    .option("--most-used <count>", "copy the experts with the highest loads")
    .option("--fresh <count>", "experts with initial values")
    .option(...kind)
    .option(...noise("default: 0.01"))
    .option(...json)
    .action(async (run: string, options) => {
      setExitCode(await (await load()).addExpertsCommand(context, run, options));
    });
  change("remove", "remove experts")
    .option("--experts <numbers>", "experts to remove; can be given for each layer", collect)
    .option("--least-used <count>", "remove the experts with the lowest loads")
    .option(...kind)
    .option(...json)
    .action(async (run: string, options) => {
      setExitCode(await (await load()).removeExpertsCommand(context, run, options));
    });
  change("merge", "merge experts into their weighted mean")
    .requiredOption("--experts <numbers>", "experts of one group; can be given again", collect)
    .option("--weights <how>", "equal, load, or a number for each expert", "equal")
    .option("--align", "match the hidden units of the experts first")
    .option(...json)
    .action(async (run: string, options) => {
      setExitCode(await (await load()).mergeExpertsCommand(context, run, options));
    });
  change("upcycle", "make experts out of the feed-forward layers of a dense run")
    .argument("[key=value...]", "settings of the new model over those of the run")
    .option(...noise("default: 0"))
    .option(...json)
    .action(async (run: string, overrides: string[], options) => {
      setExitCode(await (await load()).upcycleExpertsCommand(context, run, overrides, options));
    });
}
