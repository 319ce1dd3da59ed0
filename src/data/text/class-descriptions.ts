/** Sentences that describe classes, for comparing images with all of them. */
import { usageError } from "../../graph/errors.ts";
import { datasets } from "../registry.ts";

/** Detail of a description: the class alone, its usual place or use, or also its appearance. */
export const detailLevels = ["simple", "normal", "detailed"] as const;
/** A level of detail of descriptions. */
export type DetailLevel = (typeof detailLevels)[number];

/** Whether the classes of a data set have descriptions of every level of detail. */
export function isDescribed(name: string): boolean {
  return datasets.find(name)?.classDescriptions !== undefined;
}

/**
 * A description of each class of a data set, in the order of its labels.
 *
 * CIFAR-10, Fashion-MNIST and `shapes` have three levels of detail; other sets have only the
 * simple one, made of the names of the classes.
 *
 * @throws UserError (exit code 2) if the set has no descriptions of this detail
 * @example
 * classDescriptions("shapes", [...shapeNames], "normal")[0] // "a picture of a circle, round like a coin"
 */
export function classDescriptions(
  name: string,
  classNames: readonly string[],
  detail: DetailLevel,
): string[] {
  const descriptions = datasets.find(name)?.classDescriptions;
  if (descriptions === undefined) {
    if (detail === "simple") return classNames.map((own) => `a picture of ${own}`);
    throw usageError(
      `${name} has no ${detail} class descriptions; set model.prompt_detail to simple`,
    );
  }
  return descriptions.map(([own, usual, looks]) => {
    if (detail === "simple") return `a picture of ${own}`;
    const normal = `a picture of ${own}, ${usual}`;
    return detail === "normal" ? normal : `${normal}; it shows ${looks}`;
  });
}
