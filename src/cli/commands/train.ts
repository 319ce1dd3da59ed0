import { defineCommand } from "../define-command.ts";
import { jsonOption, pluginOption } from "../options.ts";

const help = `
<recipe> is a name from \`moesaic recipes\`, or a YAML file of the same form. A file may start with
\`extends: <recipe>\` and then lists only differences. Arguments key.path=value override both. A part whose
\`name\`, \`kind\` or \`system\` differs from the part below replaces it as a whole.

Examples:
  moesaic train quickstart model.width=96 train.max_steps=500
  moesaic train ./mine.yaml --run runs/mine
  moesaic train --run runs/mine --resume
  moesaic train quickstart --json > summary.json

Ctrl-C finishes the step, saves a checkpoint and exits with code 130.
`;

/** `moesaic train` */
export const trainDefinition = defineCommand({
  name: "train",
  summary: "train a recipe",
  description: "Trains a recipe or a YAML file and writes a run directory.",
  usage: "<recipe|file> [key=value ...] [options]",
  arguments: [
    ["[recipe|file]", "recipe to train; omitted with --resume"],
    ["[key=value...]", "settings that override the recipe"],
  ],
  options: [
    { flags: "--run <dir>", help: "run directory (default: runs/<recipe>)" },
    { flags: "--resume", help: "continue the run after its newest checkpoint" },
    { flags: "--overwrite", help: "replace an existing run in the run directory" },
    { flags: "--profile", help: "time the operators and modules of the first 25 steps" },
    pluginOption,
    jsonOption,
  ],
  help,
  load: async () => (await import("./run/train.ts")).trainCommand,
});
