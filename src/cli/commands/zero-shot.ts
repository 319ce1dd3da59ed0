/** `moesaic zero-shot`, its arguments and its help. */
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { addImageOptions } from "../image-options.ts";

const help = `
Each label is put into every template, in the place of {}; the mean of the sentences' embeddings stands
for the label. Without --labels these are the classes of the data set, without --templates those that
suit it. With --labels, a data set is scored if there are as many as it has classes, in their order.

Examples:
  moesaic zero-shot runs/quickstart
  moesaic zero-shot runs/limoe --data cifar10 --templates "a photo of a {}" "a small {}"
  moesaic zero-shot runs/limoe --images holiday --labels "a beach,a mountain,people at a table" --templates "{}"
`;

/** Adds `moesaic zero-shot` to the program. */
export function addZeroShotCommand(
  program: Command,
  context: Context,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command("zero-shot")
    .summary("classify images by the names of classes")
    .description("Classifies images by the names of classes, with a run of images and texts.")
    .argument("<run>", "run directory")
    .option("--labels <list|file>", "names between commas, or a file with a name a line")
    .option("--templates <template...>", "sentences with {}, or a file with one a line");
  addImageOptions(command)
    .option("--checkpoint <which>", "best or latest", "best")
    .option("--json", "print JSON alone on stdout")
    .addHelpText("after", help)
    .action(async (run: string, options) => {
      const { zeroShotCommand } = await import("./run/zero-shot.ts");
      setExitCode(await zeroShotCommand(context, run, options));
    });
}
