/** `moesaic parameters`, its arguments and its help. */
import type { Command } from "commander";
import type { Context } from "../context.ts";

const help = `
The model is traced, not built: nothing is trained, no memory is taken for weights. Of the experts of a
layer a token meets those that are selected; where images and texts take different ways through the
model, their tokens are counted apart.

Vocabularies that are learnt from texts need these texts, or --vocabulary.

Examples:
  moesaic parameters limoe-h14
  moesaic parameters limoe-b16 model.towers=two
  moesaic parameters switch-agnews --vocabulary 8000 --json
`;

/** Adds `moesaic parameters` to the program. */
export function addParametersCommand(
  program: Command,
  context: Context,
  setExitCode: (code: number) => void,
): void {
  program
    .command("parameters")
    .summary("count the parameters of a model")
    .description("Counts the parameters of a recipe, a YAML file or a run, in all and per token.")
    .usage("<recipe|file|run> [key=value ...] [options]")
    .argument("<source>", "recipe, file or run directory")
    .argument("[key=value...]", "settings that win over it")
    .option("--vocabulary <count>", "words of a tokenizer that is learnt, special ones included")
    .option("--json", "print JSON alone on stdout")
    .addHelpText("after", help)
    .action(async (source: string, overrides: string[], options) => {
      const { parametersCommand } = await import("./run/parameters.ts");
      setExitCode(await parametersCommand(context, source, overrides, options));
    });
}
