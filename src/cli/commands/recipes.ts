import { defineCommand } from "../define-command.ts";
import { jsonOption } from "../options.ts";

const help = `
Examples:
  moesaic recipes
  moesaic recipes --json
`;

/** `moesaic recipes` */
export const recipesDefinition = defineCommand({
  name: "recipes",
  summary: "list the recipes",
  description: "Lists the recipes that `moesaic train` knows by name.",
  options: [jsonOption],
  help,
  load: async () => (await import("./run/recipes.ts")).recipesCommand,
});
