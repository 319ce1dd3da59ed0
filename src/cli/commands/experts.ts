import { defineCommand, type OptionDefinition } from "../define-command.ts";
import { checkpointOption, jsonOption } from "../options.ts";

const help = `
All subcommands except list read a checkpoint of <run> and write a new run directory with the changed
model and optimizer state. Training continues there with a new learning-rate schedule and the data from
the start:
  moesaic train --run <out> --resume

Examples:
  moesaic experts list runs/a
  moesaic experts add runs/a --copy 2 --out runs/b
  moesaic experts add runs/a --most-used 2 --noise 0.05 --out runs/b
  moesaic experts remove runs/a --least-used 1 --out runs/b
  moesaic experts remove runs/a --experts blocks.0.moe=1 --experts blocks.1.moe=3 --out runs/b
  moesaic experts merge runs/a --experts 0,3 --experts 1,2 --weights load --align --out runs/b
  moesaic experts upcycle runs/dense --out runs/b

Numbers without a layer select the experts with these numbers in every layer.
`;

const load = () => import("./run/experts.ts");
const run = ["<run>", "run directory"] as const;

/** Options of all subcommands that write a new run. */
const outputOptions: readonly OptionDefinition[] = [
  { flags: "--out <dir>", help: "new run directory", required: true },
  { flags: "--overwrite", help: "replace an existing run in the new run directory" },
  checkpointOption,
];
const kindOption: OptionDefinition = {
  flags: "--kind <name>",
  help: "kind of experts if the model has several, as shown by list",
};
const noiseOption = (value: string): OptionDefinition => ({
  flags: "--noise <ratio>",
  help: `noise on copies, relative to the size of their weights (default: ${value})`,
});

/** `moesaic experts list`, `add`, `remove`, `merge` and `upcycle` */
export const expertsDefinition = defineCommand({
  name: "experts",
  summary: "list or change a run's experts",
  description: "Lists, adds, removes or merges the experts of a run, or makes a dense run sparse.",
  help,
  commands: [
    {
      name: "list",
      summary: "list experts and their loads",
      description: "Lists the experts of a run and their loads.",
      arguments: [run],
      options: [checkpointOption, jsonOption],
      load: async () => (await load()).listExpertsCommand,
    },
    {
      name: "add",
      summary: "add experts",
      description: "Adds experts: copies of others, or fresh ones.",
      arguments: [run],
      options: [
        ...outputOptions,
        {
          flags: "--copy <numbers>",
          help: "experts to copy; repeatable, for each layer",
          repeatable: true,
        },
        { flags: "--most-used <count>", help: "copy the experts with the highest loads" },
        { flags: "--fresh <count>", help: "number of freshly initialised experts" },
        kindOption,
        noiseOption("0.01"),
        jsonOption,
      ],
      load: async () => (await load()).addExpertsCommand,
    },
    {
      name: "remove",
      summary: "remove experts",
      description: "Removes experts.",
      arguments: [run],
      options: [
        ...outputOptions,
        {
          flags: "--experts <numbers>",
          help: "experts to remove; repeatable, for each layer",
          repeatable: true,
        },
        { flags: "--least-used <count>", help: "remove the experts with the lowest loads" },
        kindOption,
        jsonOption,
      ],
      load: async () => (await load()).removeExpertsCommand,
    },
    {
      name: "merge",
      summary: "merge experts",
      description: "Merges groups of experts into their weighted means.",
      arguments: [run],
      options: [
        ...outputOptions,
        {
          flags: "--experts <numbers>",
          help: "experts of one group; repeatable",
          required: true,
          repeatable: true,
        },
        {
          flags: "--weights <how>",
          help: "equal, load, or one number per expert",
          default: "equal",
        },
        { flags: "--align", help: "match the hidden units of the experts first" },
        jsonOption,
      ],
      load: async () => (await load()).mergeExpertsCommand,
    },
    {
      name: "upcycle",
      summary: "make a dense run sparse",
      description: "Makes experts from the feed-forward layers of a dense run.",
      arguments: [run, ["[key=value...]", "settings of the new model that override the run's"]],
      options: [...outputOptions, noiseOption("0"), jsonOption],
      load: async () => (await load()).upcycleExpertsCommand,
    },
  ],
});
