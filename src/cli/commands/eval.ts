import { defineCommand } from "../define-command.ts";
import { checkpointOption, jsonOption } from "../options.ts";

const help = `
Examples:
  moesaic eval runs/quickstart
  moesaic eval runs/quickstart --split validation --checkpoint latest --json
`;

/** `moesaic eval` */
export const evalDefinition = defineCommand({
  name: "eval",
  summary: "score a run",
  description: "Scores a checkpoint of a run on one split of its data.",
  arguments: [["<run>", "run directory"]],
  options: [
    { flags: "--split <name>", help: "train, validation or test", default: "test" },
    checkpointOption,
    jsonOption,
  ],
  help,
  load: async () => (await import("./run/eval.ts")).evalCommand,
});
