import { defineCommand } from "../define-command.ts";
import { option, text, whole } from "../option.ts";
import { checkpoint, common, imageOptions, imageRules, run } from "../options.ts";
import { conflicts, exactlyOne } from "../rules.ts";

const notes = `
--text finds the images whose embeddings are nearest to the text; --image finds the captions of the split
that are nearest to the image. Scores are cosines, -1 to 1.
`;

/** `moesaic retrieve` */
export const retrieveDefinition = defineCommand({
  name: "retrieve",
  summary: "find images by text, or captions by image",
  description: "Finds the images nearest to a text, or the captions nearest to an image.",
  arguments: [run],
  options: {
    text: option("<text>", "text to search images for", text),
    image: option("<file>", "image to search captions for", text),
    top: option("<count>", "number of results", whole(1), { default: 5 }),
    html: option("<file>", "write a page with the images", text),
    ...imageOptions,
    checkpoint,
    ...common,
  },
  rules: [
    exactlyOne(["text", "image"]),
    conflicts("image", ["images"], "it searches captions, and a folder of images has none"),
    ...imageRules,
  ],
  notes,
  examples: [
    'moesaic retrieve runs/quickstart --text "a red star" --html red-stars.html',
    'moesaic retrieve runs/limoe --text "a dog in the snow" --images holiday --top 10',
    "moesaic retrieve runs/limoe --image holiday/7.jpg --split test",
  ],
  load: async () => (await import("./run/retrieve.ts")).retrieveCommand,
});
