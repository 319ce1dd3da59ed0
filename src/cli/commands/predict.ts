import { argument, defineCommand } from "../define-command.ts";
import { flag, option, text, whole } from "../option.ts";
import { checkpoint, common, run } from "../options.ts";
import { conflicts } from "../rules.ts";

const notes = `
Image models read files, folders and patterns such as "photos/*.jpg"; other models read texts. - reads
paths or texts from standard input, one a line. Images that cannot be read are skipped and reported on
stderr; the exit code is 1 if none can be read. An answer does not depend on the other inputs.
`;

/** `moesaic predict` */
export const predictDefinition = defineCommand({
  name: "predict",
  summary: "answer images or texts with a model",
  description:
    "Classifies, describes, compares or continues images and texts with the model of a run.",
  arguments: [
    run,
    argument("<input...>", "files, folders, patterns, texts, or - for standard input"),
  ],
  options: {
    top: option("<count>", "classes or texts to show for each input", whole(1), { default: 5 }),
    texts: option("<text...>", "texts to compare images with (default: the classes)", text, {
      many: true,
    }),
    batchSize: option("<count>", "inputs per run of the model", whole(1, 4096), { default: 64 }),
    csv: flag("print comma-separated values"),
    experts: flag("print how much of each input each expert took; with --json, every token"),
    checkpoint,
    ...common,
  },
  rules: [conflicts("csv", ["json", "experts"], "they have other formats")],
  notes,
  examples: [
    "moesaic predict runs/shapes-vit-moe star.png",
    'moesaic predict runs/shapes-vit-moe photos "more/*.jpg" --top 1 --csv',
    'moesaic predict runs/limoe dog.jpg --texts "a dog" "a cat"',
    "moesaic predict runs/shapes-vit-moe star.png --experts --json",
  ],
  load: async () => (await import("./run/predict.ts")).predictCommand,
});
