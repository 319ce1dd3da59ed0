import { argument, defineCommand } from "../define-command.ts";
import { option, text, whole } from "../option.ts";
import { generationOptions, generationRules, temperatureOption, weights } from "../options.ts";
import { conflicts, exactlyOne, requires } from "../rules.ts";

const notes = `
Uses the best checkpoint and the tokenizer of a run; the data set is not needed. A checkpoint from the
Hugging Face hub is a folder with config.json, safetensors and tokenizer.json; moesaic open describes it.
--chat and --messages write the conversation as the chat template of the tokenizer says, and print the answer
alone. The file of --messages has an array of {"role", "content"}, or an object with messages, tools, documents
and chat_template_kwargs. Equal seeds give equal texts. Beyond the context length the model rereads the last context_length tokens
for every new token; --keep-tokens with half of that makes rereading rare. Weights held as bfloat16 take half
the memory, and each token takes longer, because they are cast to float32 where they are used.
`;

/** `moesaic generate` */
export const generateDefinition = defineCommand({
  name: "generate",
  summary: "continue texts",
  description: "Continues texts with the language model of a run, or of a checkpoint from the hub.",
  arguments: [argument("<model>", "run directory, or folder with config.json and safetensors")],
  options: {
    prompt: option("<text>", "text to continue; repeatable", text, { many: true }),
    chat: option("<text>", "what a user says to a chat model; repeatable", text, { many: true }),
    system: option("<text>", "instructions before --chat", text),
    messages: option("<file>", "JSON file with the messages of a conversation", text),
    maxNewTokens: option("<count>", "maximum number of new tokens", whole(1), { default: 256 }),
    temperature: temperatureOption(1),
    ...generationOptions,
    stop: option("<text>", "text that ends a continuation, not printed; repeatable", text, {
      many: true,
    }),
    context: option(
      "<count>",
      "context of a checkpoint from the hub, in tokens (default: 2048)",
      whole(1),
    ),
    weights,
    keepTokens: option("<count>", "tokens to keep when a text outgrows the context", whole(1)),
  },
  rules: [
    exactlyOne(["prompt", "chat", "messages"]),
    requires(["system"], "chat", "a file of --messages has its own system message"),
    conflicts("beams", ["temperature"], "beam search does not sample"),
    ...generationRules,
  ],
  notes,
  examples: [
    'moesaic generate runs/makemoe --prompt "ROMEO:" --temperature 0.8 --seed 3',
    'moesaic generate runs/makemoe --prompt "ROMEO:" --prompt "JULIET:" --stop ":" --json',
    'moesaic generate runs/makemoe --prompt "To be" --beams 4 --max-new-tokens 40',
    'moesaic generate runs/makemoe --prompt "To be" --experts > experts.json',
    'moesaic generate OLMoE-1B-7B --prompt "Once upon a time" --context 512',
    'moesaic generate Qwen3-30B-A3B --chat "Which expert reads commas?" --system "Be brief."',
  ],
  load: async () => (await import("./run/generate.ts")).generateCommand,
});
