import { listRecipes } from "../../../config/recipes.ts";
import { type CommonOptions, type Context, printJson } from "../../context.ts";
import { printTable } from "../../table.ts";

/** `moesaic recipes`: what can be trained by name. */
export function recipesCommand(context: Context, { json }: CommonOptions): number {
  const recipes = listRecipes();
  if (json) printJson(context, recipes);
  else {
    const rows = recipes.map(({ name, description }) => [name, description]);
    printTable(context.out, ["recipe", "what it trains"], rows);
  }
  return 0;
}
