/** Sentences into which the name of a class is put, for comparing images with all classes. */
import { datasets } from "../registry.ts";

const photo = ["a photo of a {}", "a picture of a {}", "an image of a {}"] as const;

/**
 * Sentences with `{}` in the place of a class, for the images of a data set; sentences about photos
 * if the set is not known.
 *
 * @example
 * classTemplates("shapes")[0] // "a red {}"
 */
export function classTemplates(name: string): readonly string[] {
  return datasets.find(name)?.templates ?? photo;
}

/** Sentences for labels that are not the classes of the set, as users write them. */
export function labelTemplates(name: string): readonly string[] {
  return datasets.find(name)?.labelTemplates ?? classTemplates(name);
}
