import { argument, defineCommand } from "../define-command.ts";
import { common, splitOption } from "../options.ts";

const notes = `
Both checkpoints read the data of the first. Scores per layer:
  first choice  fraction of tokens with the same first expert
  overlap       experts chosen by both over experts chosen by either, mean over tokens
  kappa         first choice corrected for chance: 0 is chance, 1 is equal
Each score is printed with the experts' own numbers and after matching the experts of both models,
because runs find equal experts in different orders. The matching lists the second model's expert for
each expert of the first, and "-" (null with --json) for an expert without a partner.
`;

/** `moesaic agreement` */
export const agreementDefinition = defineCommand({
  name: "agreement",
  summary: "compare the routing of two checkpoints",
  description: "Measures how often two checkpoints send the same tokens to the same experts.",
  arguments: [
    argument("<first>", "run directory (its best checkpoint) or checkpoint"),
    argument("<second>", "run directory or checkpoint to compare with"),
  ],
  options: { split: splitOption("validation"), ...common },
  notes,
  examples: [
    "moesaic agreement runs/a runs/b",
    "moesaic agreement runs/a runs/a/checkpoints/1000 --split test",
  ],
  load: async () => (await import("./run/agreement.ts")).agreementCommand,
});
