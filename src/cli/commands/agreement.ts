/** `moesaic agreement`, its arguments and its help. */
import type { Command } from "commander";
import type { Context } from "../context.ts";

const help = `
Both read the data of the first. For each layer:
  first choice  share of the tokens whose first expert is the same
  overlap       experts that both chose over the experts of either, mean over tokens
  kappa         first choice beyond what equal loads share by chance: 0 chance, 1 the same
once with the experts' own numbers and once after matching the experts of the two, which makes up for
the order in which each run found them; the matching names the second model's expert for each of the
first's.

Examples:
  moesaic agreement runs/a runs/b
  moesaic agreement runs/a runs/a/checkpoints/1000 --split test
`;

/** Adds `moesaic agreement` to the program. */
export function addAgreementCommand(
  program: Command,
  context: Context,
  setExitCode: (code: number) => void,
): void {
  program
    .command("agreement")
    .summary("compare the routing of two checkpoints")
    .description("Tells how far two checkpoints send the same tokens to the same experts.")
    .argument("<first>", "run directory (its best checkpoint) or checkpoint")
    .argument("<second>", "the same")
    .option("--split <name>", "train, validation or test", "validation")
    .option("--json", "print JSON alone on stdout")
    .addHelpText("after", help)
    .action(async (first: string, second: string, options) => {
      const { agreementCommand } = await import("./run/agreement.ts");
      setExitCode(await agreementCommand(context, first, second, options));
    });
}
