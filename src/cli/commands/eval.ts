import { defineCommand } from "../define-command.ts";
import { checkpoint, common, run, splitOption } from "../options.ts";

/** `moesaic eval` */
export const evalDefinition = defineCommand({
  name: "eval",
  summary: "score a run",
  description: "Scores a checkpoint of a run on one split of its data.",
  arguments: [run],
  options: { split: splitOption("test"), checkpoint, ...common },
  examples: [
    "moesaic eval runs/quickstart",
    "moesaic eval runs/quickstart --split validation --checkpoint latest --json",
  ],
  load: async () => (await import("./run/eval.ts")).evalCommand,
});
