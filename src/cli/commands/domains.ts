import { argument, defineCommand } from "../define-command.ts";
import { flag, option, text, whole, words } from "../option.ts";
import { common } from "../options.ts";

const notes = `
Holds out each domain in turn and trains on the others, as in DomainBed: batches have equally many samples
per domain, a fifth of each domain is held out, and every evaluation scores both parts of all domains.
The tables select checkpoints
  by training domains   the best mean accuracy on the held-out fifths of the training domains
  by cross-validation   the best mean accuracy on training domains that are held out too
                        (with --cross-validation, which trains every pair of domains)
  by the oracle         the last checkpoint
and report the accuracy on the held-out domain: mean and standard error over trials with different seeds and
splits. Algorithms: erm, coral, irm, group_dro, mixup.

Each run has its own directory; finished runs are kept and interrupted runs are resumed. The tables are
written to domains.md, domains.json and domains.html.
`;

/** `moesaic domains` */
export const domainsDefinition = defineCommand({
  name: "domains",
  summary: "leave one domain out: accuracy on unseen domains",
  description:
    "Trains recipes with each domain held out in turn, and writes tables of the results.",
  usage: "<recipe|file> [more recipes] [key=value ...] [options]",
  arguments: [
    argument("<recipe|file>", "recipe to train"),
    argument("[others...]", "more recipes to compare, and settings that override all of them"),
  ],
  options: {
    testDomains: option("<names>", "domains to hold out, comma-separated (default: all)", words),
    trials: option("<count>", "runs per cell, with different seeds and splits", whole(1), {
      default: 3,
    }),
    algorithms: option(
      "<names>",
      "comma-separated (default: the algorithms of the recipes)",
      words,
    ),
    crossValidation: flag("hold out pairs of domains too, for selection by cross-validation"),
    out: option("<dir>", "folder of the runs (default: runs/<recipe>-domains)", text),
    ...common,
  },
  notes,
  examples: [
    "moesaic domains gmoe-shapes-domains --trials 1",
    "moesaic domains gmoe-pacs-small erm-pacs-small hybrid-pacs-small data.root=../shared/data",
    "moesaic domains erm-pacs-small --algorithms erm,coral,irm,group_dro,mixup --test-domains sketch",
  ],
  load: async () => (await import("./run/domains.ts")).domainsCommand,
});
