import { defineCommand } from "../define-command.ts";
import { generationOptions, jsonOption } from "../options.ts";

const help = `
Uses the best checkpoint and the tokenizer of <run>; pictures are resized and normalised as in its
evaluation. Unreadable pictures are reported on stderr and skipped; the exit code is then 1.

Examples:
  moesaic caption runs/seemoe-flickr8k dog.jpg
  moesaic caption runs/seemoe-flickr8k photos/*.jpg --beams 4 --json
  moesaic caption runs/seemoe-flickr8k dog.jpg --temperature 0.8 --top-p 0.9 --seed 3
  moesaic caption runs/seemoe-flickr8k dog.jpg --experts > experts.json

Without --temperature every token is the most probable one. Equal seeds give equal captions.
`;

/** `moesaic caption` */
export const captionDefinition = defineCommand({
  name: "caption",
  summary: "describe pictures",
  description: "Describes picture files with the captioning model of a run.",
  arguments: [
    ["<run>", "run directory"],
    ["<image...>", "picture files"],
  ],
  options: [
    {
      flags: "--max-new-tokens <count>",
      help: "maximum number of tokens (default: the rest of the context)",
    },
    ...generationOptions("captions", "above 0 samples tokens at random (default: 0)"),
    { flags: "--beam <count>", help: "former name of --beams", hidden: true },
    { flags: "--stream", help: "print the caption while it grows (default: to a terminal)" },
    { flags: "--no-stream", help: "print the caption when it is complete" },
    { flags: "--no-cache", help: "reread image and caption for every token: equal text, slower" },
    { flags: "--experts", help: "print JSON with the experts of every token in every layer" },
    jsonOption,
  ],
  help,
  load: async () => (await import("./run/caption.ts")).captionCommand,
});
