/** `moesaic generate`, its arguments and its help. */
import type { Command } from "commander";
import type { Context } from "../context.ts";

const help = `
The best checkpoint of <run> is used with the run's own tokenizer; its data set is not needed.

Examples:
  moesaic generate runs/makemoe --prompt "ROMEO:" --temperature 0.8 --seed 3
  moesaic generate runs/makemoe --prompt "ROMEO:" --prompt "JULIET:" --stop ":" --json
  moesaic generate runs/makemoe --prompt "To be" --beams 4 --max-new-tokens 40
  moesaic generate runs/makemoe --prompt "To be" --experts > experts.json

The same seed gives the same text. Beyond the model's context every token reads the last
context_length tokens anew; --keep-tokens with half of that makes this rare.
`;

/** Adds `moesaic generate` to the program. */
export function addGenerateCommand(
  program: Command,
  context: Context,
  setExitCode: (code: number) => void,
): void {
  const collect = (value: string, earlier: string[] = []): string[] => [...earlier, value];
  program
    .command("generate")
    .summary("continue texts")
    .description("Continues texts with the language model of a run.")
    .argument("<run>", "run directory")
    .requiredOption("--prompt <text>", "text to continue; can be given again", collect)
    .option("--max-new-tokens <count>", "tokens to add at most", "256")
    .option("--temperature <number>", "0 takes the most probable token (default: 1)")
    .option("--top-k <count>", "only the most probable tokens")
    .option("--top-p <fraction>", "only the fewest tokens whose probabilities reach this sum")
    .option("--repetition-penalty <number>", "above 1 for fewer repetitions (default: 1)")
    .option("--seed <number>", "of the random numbers (default: 0)")
    .option("--beams <count>", "search for the most probable texts instead, with so many beams")
    .option("--length-penalty <alpha>", "above 0 for longer texts in the search (default: 0)")
    .option("--stop <text>", "ends a text, and is left out; can be given again", collect)
    .option("--keep-tokens <count>", "tokens that stay when a text outgrows the context")
    .option("--checkpoint <which>", "best or latest", "best")
    .option("--stream", "print the text while it grows (default: to a terminal)")
    .option("--no-stream", "print the text when it is whole")
    .option("--no-cache", "read the whole context for every token: the same text, slower")
    .option("--experts", "print JSON with the experts of every token in every layer")
    .option("--json", "print JSON alone on stdout")
    .addHelpText("after", help)
    .action(async (run: string, options) => {
      const { generateCommand } = await import("./run/generate.ts");
      setExitCode(await generateCommand(context, run, options));
    });
}
