/** `moesaic embed`, its arguments and its help. */
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { addImageOptions } from "../image-options.ts";

const help = `
Rows have length one, so a product of two is their cosine.

X.npy      float32 [N, P]; what the rows are stands beside it in X.json
X.parquet  columns id, path or caption or label or text where there are any, and embedding

Examples:
  moesaic embed runs/limoe --split test --out test.npy
  moesaic embed runs/limoe --split test --captions --out captions.npy
  moesaic embed runs/limoe --images holiday --out holiday.parquet
  moesaic embed runs/limoe --texts queries.txt --out queries.npy
`;

/** Adds `moesaic embed` to the program. */
export function addEmbedCommand(
  program: Command,
  context: Context,
  setExitCode: (code: number) => void,
): void {
  const command = program
    .command("embed")
    .summary("write embeddings of images or texts")
    .description("Writes the embeddings of images or texts as .npy or Parquet.")
    .argument("<run>", "run directory")
    .requiredOption("--out <file>", "a name ending in .npy or .parquet");
  addImageOptions(command)
    .option("--captions", "all captions of the split instead of its images")
    .option("--texts <file>", "the lines of a text file instead of images")
    .option("--checkpoint <which>", "best or latest", "best")
    .option("--json", "print JSON alone on stdout")
    .addHelpText("after", help)
    .action(async (run: string, options) => {
      const { embedCommand } = await import("./run/embed.ts");
      setExitCode(await embedCommand(context, run, options));
    });
}
