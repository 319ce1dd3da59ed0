/** The recipes of the package: `recipes/*.yaml`, beside `src/` and `dist/`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { usageError } from "../graph/errors.ts";
import { didYouMean } from "./nearest.ts";

const packagedRecipes = fileURLToPath(new URL("../../recipes", import.meta.url));

/** A recipe and its description. */
export interface Recipe {
  name: string;
  path: string;
  /** The first line of its head comment. */
  description: string;
}

/** The recipes of a folder, by name. */
export function listRecipes(folder: string = packagedRecipes): Recipe[] {
  return recipeNames(folder).map((name) => {
    const path = join(folder, `${name}.yaml`);
    return { name, path, description: headLine(readFileSync(path, "utf8")) };
  });
}

/**
 * The path of a recipe.
 *
 * @throws UserError (exit code 2) with similar names if it does not exist
 */
export function recipePath(name: string, folder: string = packagedRecipes): string {
  const path = join(folder, `${name}.yaml`);
  if (/^[\w.-]+$/.test(name) && existsSync(path)) return path;
  const near = didYouMean(name, recipeNames(folder), 3);
  throw usageError(`unknown recipe ${name}${near || "; run moesaic recipes for a list"}`);
}

function recipeNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  return files.map((file) => file.slice(0, -5)).sort();
}

function headLine(text: string): string {
  for (const line of text.split("\n")) {
    const comment = /^#\s*(.*?)\s*$/.exec(line)?.[1];
    if (comment === undefined) break;
    if (comment !== "" && !comment.startsWith("yaml-language-server")) return comment;
  }
  return "";
}
