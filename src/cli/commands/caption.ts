/** `moesaic caption`, its arguments and its help. */
import type { Command } from "commander";
import type { Context } from "../context.ts";

const help = `
The best checkpoint of <run> is used with the run's own tokenizer; pictures are resized and normalised
as in its evaluation. A picture that cannot be read is named on stderr, the others have their captions,
and the exit code is 1.

Examples:
  moesaic caption runs/seemoe-flickr8k dog.jpg
  moesaic caption runs/seemoe-flickr8k photos/*.jpg --beam 4 --json
  moesaic caption runs/seemoe-flickr8k dog.jpg --temperature 0.8 --top-p 0.9 --seed 3
  moesaic caption runs/seemoe-flickr8k dog.jpg --experts > experts.json

Without --temperature the most probable token is always taken. The same seed gives the same captions of
the same pictures.
`;

/** Adds `moesaic caption` to the program. */
export function addCaptionCommand(
  program: Command,
  context: Context,
  setExitCode: (code: number) => void,
): void {
  program
    .command("caption")
    .summary("describe pictures")
    .description("Describes picture files with the captioning model of a run.")
    .argument("<run>", "run directory")
    .argument("<image...>", "picture files")
    .option("--max-new-tokens <count>", "tokens at most (default: as the context has room for)")
    .option("--temperature <number>", "above 0 draws tokens at random (default: 0)")
    .option("--top-k <count>", "only the most probable tokens")
    .option("--top-p <fraction>", "only the fewest tokens whose probabilities reach this sum")
    .option("--repetition-penalty <number>", "above 1 for fewer repetitions (default: 1)")
    .option("--seed <number>", "of the random numbers (default: 0)")
    .option("--beam <count>", "search for the most probable captions instead, with so many beams")
    .option("--length-penalty <alpha>", "above 0 for longer captions in the search (default: 0)")
    .option("--checkpoint <which>", "best or latest", "best")
    .option("--stream", "print the caption while it grows (default: to a terminal)")
    .option("--no-stream", "print the caption when it is whole")
    .option("--no-cache", "read image and caption anew for every token: the same text, slower")
    .option("--experts", "print JSON with the experts of every token in every layer")
    .option("--json", "print JSON alone on stdout")
    .addHelpText("after", help)
    .action(async (run: string, images: string[], options) => {
      const { captionCommand } = await import("./run/caption.ts");
      setExitCode(await captionCommand(context, run, images, options));
    });
}
