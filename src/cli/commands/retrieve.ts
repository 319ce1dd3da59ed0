import { defineCommand } from "../define-command.ts";
import { checkpointOption, imageOptions, jsonOption } from "../options.ts";

const help = `
--text finds the images whose embeddings are nearest to the text; --image finds the captions of the split
that are nearest to the picture. Scores are cosines, -1 to 1.

Examples:
  moesaic retrieve runs/quickstart --text "a red star" --html red-stars.html
  moesaic retrieve runs/limoe --text "a dog in the snow" --images holiday --top 10
  moesaic retrieve runs/limoe --image holiday/7.jpg --split test
`;

/** `moesaic retrieve` */
export const retrieveDefinition = defineCommand({
  name: "retrieve",
  summary: "find images by text, or captions by image",
  description: "Finds the images nearest to a text, or the captions nearest to an image.",
  arguments: [["<run>", "run directory"]],
  options: [
    { flags: "--text <text>", help: "text to search images for" },
    { flags: "--image <file>", help: "picture to search captions for" },
    { flags: "--top <count>", help: "number of results", default: "5" },
    { flags: "--html <file>", help: "write a page with the pictures" },
    ...imageOptions,
    checkpointOption,
    jsonOption,
  ],
  help,
  load: async () => (await import("./run/retrieve.ts")).retrieveCommand,
});
