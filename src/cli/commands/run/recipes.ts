import { listRecipes } from "../../../config/recipes.ts";
import { type Context, printJson } from "../../context.ts";
import { printTable } from "../../table.ts";

/** `moesaic recipes`: lists the recipes. */
export function recipesCommand(context: Context, { json }: { readonly json: boolean }): number {
  const recipes = listRecipes();
  if (json) printJson(context, recipes);
  else {
    const rows = recipes.map(({ name, description }) => [name, description]);
    printTable(context.out, ["recipe", "description"], rows);
  }
  return 0;
}
