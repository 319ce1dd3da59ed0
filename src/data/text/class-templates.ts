/** Sentences into which the name of a class is put, for comparing images with all classes. */
import { colorNames } from "../shapes/spec.ts";

const photo = ["a photo of a {}", "a picture of a {}", "an image of a {}"] as const;

const known: Readonly<Record<string, readonly string[]>> = {
  // Captions of this set name the colour of each object; the mean over all colours is the shape.
  shapes: colorNames.map((color) => `${/^[aeiou]/.test(color) ? "an" : "a"} ${color} {}`),
  cifar10: [
    ...photo,
    "a small photo of a {}",
    "a blurry photo of the {}",
    "a close picture of the {}",
    "a photo of one {}",
  ],
  "fashion-mnist": ["a photo of a {}", "a picture of a {}, a piece of clothing", "a grey {}"],
  mnist: ["the digit {}", "a handwritten {}", "a picture of the number {}"],
  flickr8k: ["a photo of {}", "a picture that shows {}", "{}"],
  pacs: [
    "a photo of a {}",
    "a painting of a {}",
    "a cartoon of a {}",
    "a sketch of a {}",
    "a picture of a {}",
  ],
};

/**
 * Sentences with `{}` in the place of a class, for the images of a data set; those of photos for a set
 * that is not known.
 *
 * @example
 * classTemplates("shapes")[0] // "a red {}"
 */
export function classTemplates(name: string): readonly string[] {
  return known[name] ?? photo;
}

/** Sentences for labels that are not the classes of the set, as somebody writes them. */
export function labelTemplates(name: string): readonly string[] {
  return name === "shapes" ? ["a {}"] : classTemplates(name);
}
