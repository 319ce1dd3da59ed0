import { argument, defineCommand } from "../define-command.ts";
import { option, whole } from "../option.ts";
import { generationOptions, generationRules, run, temperatureOption } from "../options.ts";
import { conflicts, requires } from "../rules.ts";

const notes = `
Uses the best checkpoint and the tokenizer of <run>; images are resized and normalised as in its
evaluation. Images that cannot be read are reported on stderr and skipped; the exit code is then 1.
Equal seeds give equal captions.
`;

/** `moesaic caption` */
export const captionDefinition = defineCommand({
  name: "caption",
  summary: "describe images",
  description: "Describes image files with the captioning model of a run.",
  arguments: [run, argument("<image...>", "image files")],
  options: {
    maxNewTokens: option(
      "<count>",
      "maximum number of tokens (default: the rest of the context)",
      whole(1),
    ),
    temperature: temperatureOption(0),
    ...generationOptions,
    beams: { ...generationOptions.beams, alias: "--beam" },
  },
  rules: [
    conflicts("beams", ["temperature"], "beam search does not sample"),
    ...generationRules,
    requires(["topK", "topP", "seed"], "temperature", "captions are not sampled by default"),
  ],
  notes,
  examples: [
    "moesaic caption runs/seemoe-flickr8k dog.jpg",
    "moesaic caption runs/seemoe-flickr8k photos/*.jpg --beams 4 --json",
    "moesaic caption runs/seemoe-flickr8k dog.jpg --temperature 0.8 --top-p 0.9 --seed 3",
    "moesaic caption runs/seemoe-flickr8k dog.jpg --experts > experts.json",
  ],
  load: async () => (await import("./run/caption.ts")).captionCommand,
});
