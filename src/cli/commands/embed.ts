import { defineCommand } from "../define-command.ts";
import { flag, option, text } from "../option.ts";
import { checkpoint, common, imageOptions, imageRules, run } from "../options.ts";
import { conflicts } from "../rules.ts";

const notes = `
Rows have unit length, so the dot product of two is their cosine.

X.npy      float32 [N, P], with metadata of the rows in X.json
X.parquet  columns id, path or caption or label or text if present, and embedding
`;

/** `moesaic embed` */
export const embedDefinition = defineCommand({
  name: "embed",
  summary: "write embeddings of images or texts",
  description: "Writes the embeddings of images or texts as .npy or Parquet.",
  arguments: [run],
  options: {
    out: option("<file>", "output file, .npy or .parquet", text, { required: true }),
    ...imageOptions,
    captions: flag("embed all captions of the split instead of its images"),
    texts: option("<file>", "embed the lines of a text file instead of images", text),
    checkpoint,
    ...common,
  },
  rules: [
    conflicts("texts", ["images", "split", "data", "captions"], "it reads texts from a file"),
    conflicts("captions", ["images"], "a folder of images has no captions"),
    ...imageRules,
  ],
  notes,
  examples: [
    "moesaic embed runs/limoe --split test --out test.npy",
    "moesaic embed runs/limoe --split test --captions --out captions.npy",
    "moesaic embed runs/limoe --images holiday --out holiday.parquet",
    "moesaic embed runs/limoe --texts queries.txt --out queries.npy",
  ],
  load: async () => (await import("./run/embed.ts")).embedCommand,
});
