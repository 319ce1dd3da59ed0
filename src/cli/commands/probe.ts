/** `moesaic probe`, its arguments and its help. */
import type { Command } from "commander";
import type { Context } from "../context.ts";

const help = `
linear  multinomial logistic regression on the frozen embeddings of the training split; the strength of
        its L2 penalty is the one that is best on the validation split
knn     the --k nearest training images vote, each with weight exp(cosine / temperature)

Both are scored on the test split.

Examples:
  moesaic probe runs/quickstart --kind linear
  moesaic probe runs/limoe --kind knn --data cifar10 --k 50
`;

/** Adds `moesaic probe` to the program. */
export function addProbeCommand(
  program: Command,
  context: Context,
  setExitCode: (code: number) => void,
): void {
  program
    .command("probe")
    .summary("score what embeddings of images tell of their classes")
    .description("Learns the classes of a data set from the frozen embeddings of its images.")
    .argument("<run>", "run directory")
    .requiredOption("--kind <which>", "linear or knn")
    .option("--data <name|dir>", "another data set, or a folder with a folder for each class")
    .option("--k <count>", "neighbours that vote (default: 20)")
    .option("--temperature <number>", "of the votes (default: 0.07)")
    .option("--max-train <count>", "training images at most, drawn by the run's seed", "10000")
    .option("--checkpoint <which>", "best or latest", "best")
    .option("--json", "print JSON alone on stdout")
    .addHelpText("after", help)
    .action(async (run: string, options) => {
      const { probeCommand } = await import("./run/probe.ts");
      setExitCode(await probeCommand(context, run, options));
    });
}
