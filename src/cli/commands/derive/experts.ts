import { argument, defineCommand, defineCommandGroup } from "../../define-command.ts";
import { flag, number, option, text, whole } from "../../option.ts";
import { checkpoint, common, run } from "../../options.ts";
import { mergeWeights, namedExperts } from "../../parse-experts.ts";

const notes = `
All subcommands except list read a checkpoint of <run> and write a new run directory with the changed
model and optimizer state. Training continues there with a new learning-rate schedule and the data from
the start:
  moesaic train --run <out> --resume

Numbers without a layer select the experts with these numbers in every layer.
`;

const load = () => import("../run/experts.ts");

/** Options of all subcommands that write a new run. */
const output = {
  out: option("<dir>", "new run directory", text, { required: true }),
  overwrite: flag("replace an existing run in the new run directory"),
  checkpoint,
  ...common,
};
const kind = option("<name>", "kind of experts if the model has several, as shown by list", text);
const noise = (fallback: string) =>
  option(
    "<ratio>",
    `noise on copies, relative to the size of their weights (default: ${fallback})`,
    number({ least: 0 }),
  );

const list = defineCommand({
  name: "list",
  summary: "list experts and their loads",
  description: "Lists the experts of a run and their loads.",
  arguments: [run],
  options: { checkpoint, ...common },
  examples: ["moesaic experts list runs/a"],
  load: async () => (await load()).listExpertsCommand,
});

const add = defineCommand({
  name: "add",
  summary: "add experts",
  description: "Adds experts: copies of others, or fresh ones.",
  arguments: [run],
  options: {
    copy: option("<numbers>", "experts to copy; repeatable, for each layer", namedExperts, {
      many: true,
    }),
    mostUsed: option("<count>", "copy this many experts with the highest loads", whole(1)),
    fresh: option("<count>", "number of freshly initialised experts", whole(1)),
    kind,
    noise: noise("0.01"),
    ...output,
  },
  examples: [
    "moesaic experts add runs/a --copy 2 --out runs/b",
    "moesaic experts add runs/a --most-used 2 --noise 0.05 --out runs/b",
  ],
  load: async () => (await load()).addExpertsCommand,
});

const remove = defineCommand({
  name: "remove",
  summary: "remove experts",
  description: "Removes experts.",
  arguments: [run],
  options: {
    experts: option("<numbers>", "experts to remove; repeatable, for each layer", namedExperts, {
      many: true,
    }),
    leastUsed: option("<count>", "remove this many experts with the lowest loads", whole(1)),
    kind,
    ...output,
  },
  examples: [
    "moesaic experts remove runs/a --least-used 1 --out runs/b",
    "moesaic experts remove runs/a --experts blocks.0.moe=1 --experts blocks.1.moe=3 --out runs/b",
  ],
  load: async () => (await load()).removeExpertsCommand,
});

const merge = defineCommand({
  name: "merge",
  summary: "merge experts",
  description: "Merges groups of experts into their weighted means.",
  arguments: [run],
  options: {
    experts: option("<numbers>", "experts of one group; repeatable", namedExperts, {
      required: true,
      many: true,
    }),
    weights: option("<how>", "equal, load, or one number per expert", mergeWeights, {
      default: "equal",
    }),
    align: flag("match the hidden units of the experts first"),
    ...output,
  },
  examples: [
    "moesaic experts merge runs/a --experts 0,3 --experts 1,2 --weights load --align --out runs/b",
  ],
  load: async () => (await load()).mergeExpertsCommand,
});

const upcycle = defineCommand({
  name: "upcycle",
  summary: "make a dense run sparse",
  description: "Makes experts from the feed-forward layers of a dense run.",
  arguments: [run, argument("[key=value...]", "settings of the new model that override the run's")],
  options: {
    noise: noise("0"),
    drop: option(
      "<share>",
      "share of the hidden units of each expert that are drawn anew, as in drop-upcycling (default: 0)",
      number({ least: 0, most: 1 }),
    ),
    ...output,
  },
  examples: [
    "moesaic experts upcycle runs/dense --out runs/b",
    "moesaic experts upcycle runs/dense --drop 0.5 --out runs/b",
    "moesaic experts upcycle runs/dense model.moe.num_experts=8 --out runs/b",
  ],
  load: async () => (await load()).upcycleExpertsCommand,
});

/** `moesaic experts list`, `add`, `remove`, `merge` and `upcycle` */
export const expertsDefinition = defineCommandGroup({
  name: "experts",
  summary: "list or change a run's experts",
  description: "Lists, adds, removes or merges the experts of a run, or makes a dense run sparse.",
  notes,
  examples: [list, add, remove, merge, upcycle].flatMap(({ examples }) => examples),
  commands: [list, add, remove, merge, upcycle],
});
