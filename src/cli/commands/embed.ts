import { defineCommand } from "../define-command.ts";
import { checkpointOption, imageOptions, jsonOption } from "../options.ts";

const help = `
Rows have unit length, so the dot product of two is their cosine.

X.npy      float32 [N, P], with metadata of the rows in X.json
X.parquet  columns id, path or caption or label or text if present, and embedding

Examples:
  moesaic embed runs/limoe --split test --out test.npy
  moesaic embed runs/limoe --split test --captions --out captions.npy
  moesaic embed runs/limoe --images holiday --out holiday.parquet
  moesaic embed runs/limoe --texts queries.txt --out queries.npy
`;

/** `moesaic embed` */
export const embedDefinition = defineCommand({
  name: "embed",
  summary: "write embeddings of images or texts",
  description: "Writes the embeddings of images or texts as .npy or Parquet.",
  arguments: [["<run>", "run directory"]],
  options: [
    { flags: "--out <file>", help: "output file, .npy or .parquet", required: true },
    ...imageOptions,
    { flags: "--captions", help: "all captions of the split instead of its images" },
    { flags: "--texts <file>", help: "the lines of a text file instead of images" },
    checkpointOption,
    jsonOption,
  ],
  help,
  load: async () => (await import("./run/embed.ts")).embedCommand,
});
