import { defineCommand } from "../define-command.ts";
import { checkpointOption, jsonOption } from "../options.ts";

const help = `
linear  multinomial logistic regression on the frozen embeddings of the training split; the validation
        split selects the strength of the L2 penalty
knn     the --k nearest training images vote, each with weight exp(cosine / temperature)

Both are scored on the test split.

Examples:
  moesaic probe runs/quickstart --kind linear
  moesaic probe runs/limoe --kind knn --data cifar10 --k 50
`;

/** `moesaic probe` */
export const probeDefinition = defineCommand({
  name: "probe",
  summary: "score frozen embeddings on classification",
  description: "Learns the classes of a data set from the frozen embeddings of its images.",
  arguments: [["<run>", "run directory"]],
  options: [
    { flags: "--kind <which>", help: "linear or knn", required: true },
    { flags: "--data <name|dir>", help: "another data set, or a folder with one folder per class" },
    { flags: "--k <count>", help: "number of neighbours (default: 20)" },
    { flags: "--temperature <number>", help: "temperature of the votes (default: 0.07)" },
    {
      flags: "--max-train <count>",
      help: "maximum number of training images, drawn by the run's seed",
      default: "10000",
    },
    checkpointOption,
    jsonOption,
  ],
  help,
  load: async () => (await import("./run/probe.ts")).probeCommand,
});
