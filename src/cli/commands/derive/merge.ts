import { defineCommand } from "../../define-command.ts";
import { flag, option, text } from "../../option.ts";
import { checkpoint, common, run } from "../../options.ts";

const notes = `
Every adapted weight becomes W + (alpha / rank) B A; the result gives the same outputs within rounding.
Evaluation, export and every other reader of a run merge adapters by themselves.

A directory gets a run without train.lora and with a new learning-rate schedule, which continues with all
parameters:
  moesaic train --run <out> --resume
A file gets the weights alone, for init_from and other programs.
`;

/** `moesaic merge` */
export const mergeDefinition = defineCommand({
  name: "merge",
  summary: "merge a run's LoRA adapters into its weights",
  description: "Merges the LoRA adapters of a run into its weights.",
  arguments: [run],
  options: {
    out: option("<path>", "new run directory, or a file ending in .safetensors", text, {
      required: true,
    }),
    overwrite: flag("replace an existing run in the new run directory"),
    checkpoint,
    ...common,
  },
  notes,
  examples: [
    "moesaic merge runs/adapted --out runs/merged",
    "moesaic merge runs/adapted --out merged.safetensors",
  ],
  load: async () => (await import("../run/merge.ts")).mergeCommand,
});
