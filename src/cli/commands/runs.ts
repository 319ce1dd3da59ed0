import { argument, defineCommand } from "../define-command.ts";
import { flag } from "../option.ts";
import { json } from "../options.ts";

const notes = `
States: training, finished, interrupted, damaged, no checkpoint. Lines below the table have the command that
resumes, repairs or cleans a run. --verify exits with code 1 if a file is damaged.

Links to folders are not followed.
`;

/** `moesaic runs` */
export const runsDefinition = defineCommand({
  name: "runs",
  summary: "list, check and clean run directories",
  description: "Lists run directories with their state, step, best score and size.",
  arguments: [argument("[folder...]", "run directories, or folders of runs (default: runs)")],
  options: {
    verify: flag("read all files of all checkpoints and compare their digests"),
    clean: flag("remove what interrupted writes left, and no complete checkpoint"),
    json,
  },
  notes,
  examples: [
    "moesaic runs",
    "moesaic runs runs/quickstart --verify",
    "moesaic runs --clean",
    "moesaic runs --json",
  ],
  load: async () => (await import("./run/runs.ts")).runsCommand,
});
