import { argument, defineCommand } from "../define-command.ts";
import { flag, option, text, whole } from "../option.ts";
import { common } from "../options.ts";
import { requires } from "../rules.ts";

const notes = `
<recipe> is a name from \`moesaic recipes\`, or a YAML file of the same form. A file may start with
\`extends: <recipe>\` and then lists only differences. Arguments key.path=value override both. A part whose
\`name\`, \`kind\` or \`system\` differs from the part below replaces it as a whole.

Ctrl-C finishes the step, saves a checkpoint and exits with code 130.
`;

/** `moesaic train` */
export const trainDefinition = defineCommand({
  name: "train",
  summary: "train a recipe",
  description: "Trains a recipe or a YAML file and writes a run directory.",
  usage: "<recipe|file> [key=value ...] [options]",
  arguments: [
    argument("[recipe|file]", "recipe to train; omitted with --resume"),
    argument("[key=value...]", "settings that override the recipe"),
  ],
  options: {
    run: option("<dir>", "run directory (default: runs/<recipe>)", text),
    resume: flag("continue the run after its newest checkpoint"),
    checkpoint: option(
      "<step>",
      "with --resume: continue after this checkpoint and remove later ones",
      whole(0),
    ),
    overwrite: flag("replace an existing run in the run directory"),
    profile: flag("time the operators and modules of the first 25 steps"),
    ...common,
  },
  rules: [requires(["checkpoint"], "resume", "it chooses where the run continues")],
  notes,
  examples: [
    "moesaic train quickstart model.width=96 train.max_steps=500",
    "moesaic train ./mine.yaml --run runs/mine",
    "moesaic train --run runs/mine --resume",
    "moesaic train quickstart --json > summary.json",
  ],
  load: async () => (await import("./run/train.ts")).trainCommand,
});
