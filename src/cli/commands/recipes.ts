import { defineCommand } from "../define-command.ts";
import { json } from "../options.ts";

/** `moesaic recipes` */
export const recipesDefinition = defineCommand({
  name: "recipes",
  summary: "list the recipes",
  description: "Lists the recipes that `moesaic train` knows by name.",
  arguments: [],
  options: { json },
  examples: ["moesaic recipes", "moesaic recipes --json"],
  load: async () => (await import("./run/recipes.ts")).recipesCommand,
});
