import { argument, defineCommand } from "../define-command.ts";
import { option, text, whole } from "../option.ts";
import { checkpoint, json, weights } from "../options.ts";

const notes = `
One row for each token, layer and choice: sequence, position, token (its id), text, layer, choice (0 is the
most probable), expert and weight. The text is read in pieces of --context tokens, or of the context of a
run. A run is of a language model; a folder is a checkpoint as on the Hugging Face hub.
`;

/** `moesaic routing` */
export const routingDefinition = defineCommand({
  name: "routing",
  summary: "write the routing of a text as a table",
  description: "Writes which experts process each token of a text, and their weights, as Parquet.",
  arguments: [argument("<model>", "run directory, or folder with config.json and safetensors")],
  options: {
    text: option("<file>", "text file to read", text, { required: true }),
    out: option("<file>", "Parquet file to write", text, { required: true }),
    context: option(
      "<count>",
      "tokens read together (default: 512, or the run's context)",
      whole(1),
    ),
    weights,
    checkpoint,
    json,
  },
  notes,
  examples: [
    "moesaic routing runs/makemoe --text speech.txt --out routing.parquet",
    "moesaic routing OLMoE-1B-7B --text speech.txt --out routing.parquet --context 256",
  ],
  load: async () => (await import("./run/routing.ts")).routingCommand,
});
