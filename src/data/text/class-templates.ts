/** Sentence templates for class names, for comparing images with all classes. */
import { datasets } from "../registry.ts";

const photo = ["a photo of a {}", "a picture of a {}", "an image of a {}"] as const;

/**
 * Sentences with `{}` as placeholder for a class, for the images of a data set; sentences about photos
 * if the set is unknown.
 *
 * @example
 * classTemplates("shapes")[0] // "a red {}"
 */
export function classTemplates(name: string): readonly string[] {
  return datasets.find(name)?.templates ?? photo;
}

/** Sentences for user-supplied labels other than the classes of the set. */
export function labelTemplates(name: string): readonly string[] {
  return datasets.find(name)?.labelTemplates ?? classTemplates(name);
}
