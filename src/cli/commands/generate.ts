import { defineCommand } from "../define-command.ts";
import { generationOptions, jsonOption } from "../options.ts";

const help = `
Uses the best checkpoint and the tokenizer of <run>; the data set is not needed.

Examples:
  moesaic generate runs/makemoe --prompt "ROMEO:" --temperature 0.8 --seed 3
  moesaic generate runs/makemoe --prompt "ROMEO:" --prompt "JULIET:" --stop ":" --json
  moesaic generate runs/makemoe --prompt "To be" --beams 4 --max-new-tokens 40
  moesaic generate runs/makemoe --prompt "To be" --experts > experts.json

Equal seeds give equal texts. Beyond the context length the model rereads the last context_length tokens
for every new token; --keep-tokens with half of that makes rereading rare.
`;

/** `moesaic generate` */
export const generateDefinition = defineCommand({
  name: "generate",
  summary: "continue texts",
  description: "Continues texts with the language model of a run.",
  arguments: [["<run>", "run directory"]],
  options: [
    {
      flags: "--prompt <text>",
      help: "text to continue; repeatable",
      required: true,
      repeatable: true,
    },
    { flags: "--max-new-tokens <count>", help: "maximum number of new tokens", default: "256" },
    ...generationOptions("texts", "0 takes the most probable token (default: 1)"),
    {
      flags: "--stop <text>",
      help: "text that ends a continuation, not printed; repeatable",
      repeatable: true,
    },
    { flags: "--keep-tokens <count>", help: "tokens to keep when a text outgrows the context" },
    { flags: "--stream", help: "print the text while it grows (default: to a terminal)" },
    { flags: "--no-stream", help: "print the text when it is complete" },
    { flags: "--no-cache", help: "reread the whole context for every token: equal text, slower" },
    { flags: "--experts", help: "print JSON with the experts of every token in every layer" },
    jsonOption,
  ],
  help,
  load: async () => (await import("./run/generate.ts")).generateCommand,
});
