/** `moesaic retrieve`, its arguments and its help. */
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { addImageOptions } from "../image-options.ts";

const help = `
With --text the images whose embeddings are nearest to the text's; with --image the captions of the
split that are nearest to the picture's. Scores are cosines, from -1 to 1.

Examples:
  moesaic retrieve runs/quickstart --text "a red star" --html red-stars.html
  moesaic retrieve runs/limoe --text "a dog in the snow" --images holiday --top 10
  moesaic retrieve runs/limoe --image holiday/7.jpg --split test
`;

/** Adds `moesaic retrieve` to the program. */
export function addRetrieveCommand(
  program: Command,
  context: Context,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command("retrieve")
    .summary("find images by a text, or captions by an image")
    .description("Finds the images that belong to a text, or the captions that belong to an image.")
    .argument("<run>", "run directory")
    .option("--text <text>", "what to look for among images")
    .option("--image <file>", "the picture to find captions for")
    .option("--top <count>", "how many to show", "5")
    .option("--html <file>", "write a page with the pictures");
  addImageOptions(command)
    .option("--checkpoint <which>", "best or latest", "best")
    .option("--json", "print JSON alone on stdout")
    .addHelpText("after", help)
    .action(async (run: string, options) => {
      const { retrieveCommand } = await import("./run/retrieve.ts");
      setExitCode(await retrieveCommand(context, run, options));
    });
}
