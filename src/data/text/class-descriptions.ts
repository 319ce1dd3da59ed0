/** Sentences that describe classes, for comparing images with all of them. */
import { usageError } from "../../graph/errors.ts";

/** How much a description says: the class alone, where or what it is, or how it looks besides. */
export const detailLevels = ["simple", "normal", "detailed"] as const;
export type DetailLevel = (typeof detailLevels)[number];

/** A phrase for the class, what is usual of it, and how it looks. */
type Description = readonly [name: string, usual: string, looks: string];

const cifar10: readonly Description[] = [
  [
    "an airplane",
    "high in the sky or on a runway, carrying people and goods through the air",
    "a long body with two stiff wings, engines and a tail fin",
  ],
  [
    "a car",
    "parked or driving on a road, with room for a family",
    "a low shiny body with four wheels, windows and headlights",
  ],
  [
    "a bird",
    "perched on a branch, standing on the ground or flying",
    "feathers, a beak, two thin legs and a small round head",
  ],
  [
    "a cat",
    "resting or looking around in a home, kept as a pet",
    "soft fur, pointed ears, whiskers and narrow pupils",
  ],
  [
    "a deer",
    "wild, among trees or on a meadow",
    "brown fur, long thin legs, large ears and often antlers",
  ],
  [
    "a dog",
    "a companion of people, playing or waiting",
    "a broad muzzle with a wet nose, fur and often hanging ears",
  ],
  [
    "a frog",
    "sitting near water or on a leaf",
    "smooth wet skin in green or brown, bulging eyes and folded hind legs",
  ],
  [
    "a horse",
    "on a pasture or carrying a rider",
    "a tall strong body, a mane, a long head and a flowing tail",
  ],
  [
    "a ship",
    "on the sea or in a harbour, built to cross the water",
    "a long hull, decks, masts or funnels above blue water",
  ],
  [
    "a truck",
    "on a road, hauling heavy loads",
    "a tall cab, a large box or bed behind it and many big wheels",
  ],
];

const fashionMnist: readonly Description[] = [
  ["a T-shirt", "a light top for warm days", "short sleeves, a round neck and a straight body"],
  ["trousers", "worn on both legs from the waist down", "two long tubes side by side"],
  ["a pullover", "a warm top without buttons", "long sleeves and thick fabric closed at the front"],
  ["a dress", "one piece from the shoulders to the knees", "a narrow top that widens to a skirt"],
  [
    "a coat",
    "worn over other clothes in the cold",
    "long sleeves, a collar and an opening in front",
  ],
  ["a sandal", "an open shoe for the summer", "a sole with thin straps and gaps between them"],
  ["a shirt", "a top with a collar, for work or leisure", "sleeves and a row of buttons in front"],
  ["a sneaker", "a sports shoe that ends below the ankle", "a flat thick sole and laces"],
  ["a bag", "carried by hand or over the shoulder", "a wide box with a handle or a strap on top"],
  ["an ankle boot", "a shoe that covers the ankle", "a high shaft above a firm sole with a heel"],
];

const shapes: readonly Description[] = [
  ["a circle", "round like a coin", "one smooth edge, everywhere equally far from the middle"],
  ["a square", "even like a tile", "four straight sides of one length and four right angles"],
  ["a triangle", "like the roof of a small house", "three straight sides and three corners"],
  ["a star", "as on a flag", "five points around the middle with notches between them"],
  ["a cross", "like a plus sign", "two bars of one length that meet in the middle"],
  ["a heart", "as on a playing card", "two round lobes above and one point below"],
  ["a crescent", "like a thin moon", "a curved sickle with two sharp tips"],
  ["an arrow", "showing a way", "a pointed head on a straight bar"],
];

const known: Readonly<Record<string, readonly Description[]>> = {
  cifar10,
  "fashion-mnist": fashionMnist,
  shapes,
};

/** Whether the classes of a data set have descriptions of every level of detail. */
export function isDescribed(name: string): boolean {
  return name in known;
}

/**
 * A description of each class of a data set, in the order of its labels.
 *
 * For CIFAR-10, Fashion-MNIST and `shapes` there are three levels of detail; for other sets only the
 * simple one, made of the names of the classes.
 *
 * @throws UserError (exit code 2) for more detail than there is
 * @example
 * classDescriptions("shapes", [...shapeNames], "normal")[0] // "a picture of a circle, round like a coin"
 */
export function classDescriptions(
  name: string,
  classNames: readonly string[],
  detail: DetailLevel,
): string[] {
  const descriptions = known[name];
  if (descriptions === undefined) {
    if (detail === "simple") return classNames.map((own) => `a picture of ${own}`);
    throw usageError(
      `there are no ${detail} descriptions of the classes of ${name}; set model.prompt_detail to simple`,
    );
  }
  return descriptions.map(([own, usual, looks]) => {
    if (detail === "simple") return `a picture of ${own}`;
    const normal = `a picture of ${own}, ${usual}`;
    return detail === "normal" ? normal : `${normal}; it shows ${looks}`;
  });
}
