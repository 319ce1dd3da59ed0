import { argument, defineCommand } from "../define-command.ts";
import { option, whole } from "../option.ts";
import { common } from "../options.ts";

const notes = `
The model is only traced: nothing is trained and no memory is allocated for weights. Active parameters
count the selected experts of each layer; if images and texts take different paths, their tokens are
counted separately.

Vocabularies learnt from texts need these texts, or --vocabulary.
`;

/** `moesaic parameters` */
export const parametersDefinition = defineCommand({
  name: "parameters",
  summary: "count the parameters of a model",
  description: "Counts the parameters of a recipe, a YAML file or a run, in total and per token.",
  usage: "<recipe|file|run> [key=value ...] [options]",
  arguments: [
    argument("<source>", "recipe, file or run directory"),
    argument("[key=value...]", "settings that override it"),
  ],
  options: {
    vocabulary: option(
      "<count>",
      "size of a learned vocabulary, special tokens included",
      whole(2),
    ),
    ...common,
  },
  notes,
  examples: [
    "moesaic parameters limoe-h14",
    "moesaic parameters limoe-b16 model.towers=two",
    "moesaic parameters switch-agnews --vocabulary 8000 --json",
  ],
  load: async () => (await import("./run/parameters.ts")).parametersCommand,
});
