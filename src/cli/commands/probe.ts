import { defineCommand } from "../define-command.ts";
import { choice, number, option, whole } from "../option.ts";
import { checkpoint, common, data, run } from "../options.ts";

const notes = `
linear  multinomial logistic regression on the frozen embeddings of the training split; the validation
        split selects the strength of the L2 penalty
knn     the --k nearest training images vote, each with weight exp(cosine / temperature)

Both are scored on the test split.
`;

/** `moesaic probe` */
export const probeDefinition = defineCommand({
  name: "probe",
  summary: "score frozen embeddings on classification",
  description: "Learns the classes of a data set from the frozen embeddings of its images.",
  arguments: [run],
  options: {
    kind: option("<which>", "linear or knn", choice("linear", "knn"), { required: true }),
    data,
    k: option("<count>", "number of neighbours (default: 20)", whole(1)),
    temperature: option(
      "<number>",
      "temperature of the votes (default: 0.07)",
      number({ above: 0 }),
    ),
    maxTrain: option(
      "<count>",
      "maximum number of training images, drawn by the run's seed",
      whole(1),
      {
        default: 10_000,
      },
    ),
    checkpoint,
    ...common,
  },
  notes,
  examples: [
    "moesaic probe runs/quickstart --kind linear",
    "moesaic probe runs/limoe --kind knn --data cifar10 --k 50",
  ],
  load: async () => (await import("./run/probe.ts")).probeCommand,
});
