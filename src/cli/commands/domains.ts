/** `moesaic domains`, its arguments and its help. */
import type { Command } from "commander";
import type { Context } from "../context.ts";

const help = `
Every domain is left out in turn, and the others are trained on, as in DomainBed: each gives as many
samples to a batch, a fifth of each is held out, and every evaluation tells the accuracy on both parts of
all domains. The tables select checkpoints
  by training domains   the best mean accuracy on the held-out fifths of the training domains
  by cross-validation   the best mean accuracy on training domains that are left out too
                        (with --cross-validation, which trains every pair of domains)
  by the oracle         the last checkpoint
and report the accuracy on the left-out domain: mean and standard error over trials, which differ by seed
and split. Algorithms: erm, coral, irm, group_dro, mixup.

Each run has a directory of its own; what is finished is kept, and an interrupted run goes on. The tables
stand in domains.md, domains.json and domains.html.

Examples:
  moesaic domains gmoe-shapes-domains --trials 1
  moesaic domains gmoe-pacs-small erm-pacs-small hybrid-pacs-small data.root=../shared/data
  moesaic domains erm-pacs-small --algorithms erm,coral,irm,group_dro,mixup --test-domains sketch
`;

/** Adds `moesaic domains` to the program. */
export function addDomainsCommand(
  program: Command,
  context: Context,
  setExitCode: (code: number) => void,
): void {
  program
    .command("domains")
    .summary("leave one domain out: accuracy on domains that training did not see")
    .description("Trains recipes with each domain left out in turn, and tables the results.")
    .usage("<recipe|file> [more recipes] [key=value ...] [options]")
    .argument("<recipe|file>", "what to train")
    .argument("[others...]", "more recipes to compare, and settings that win over all of them")
    .option("--test-domains <names>", "domains to leave out, with commas between (default: all)")
    .option("--trials <count>", "runs of each, with seeds and splits of their own", "3")
    .option("--algorithms <names>", "with commas between (default: those of the recipes)")
    .option("--cross-validation", "leave out pairs of domains too, for that selection")
    .option("--out <dir>", "folder of the runs (default: runs/<recipe>-domains)")
    .option("--json", "print JSON alone on stdout")
    .addHelpText("after", help)
    .action(async (recipe: string, others: string[], options) => {
      const { domainsCommand } = await import("./run/domains.ts");
      setExitCode(await domainsCommand(context, [recipe, ...others], options));
    });
}
