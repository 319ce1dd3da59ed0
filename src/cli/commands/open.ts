import { argument, defineCommand } from "../define-command.ts";
import { json } from "../options.ts";

const notes = `
Reads config.json and the headers of the safetensors files, not the weights. Every parameter of the model
has to be in the files with its shape, and every tensor of the files has to belong to a parameter; otherwise
the checkpoint is refused with the reason, because its results would differ.
`;

/** `moesaic open` */
export const openDefinition = defineCommand({
  name: "open",
  summary: "describe a checkpoint from the Hugging Face hub",
  description: "Describes a checkpoint as on the Hugging Face hub: its family, sizes and routing.",
  arguments: [argument("<folder>", "folder with config.json and safetensors")],
  options: { json },
  notes,
  examples: ["moesaic open OLMoE-1B-7B", "moesaic open Qwen3-30B-A3B --json"],
  load: async () => (await import("./run/open.ts")).openCommand,
});
