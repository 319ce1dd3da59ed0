/** The classes of CIFAR-10, and sentences for them. */
import type { ClassDescription } from "../description.ts";

const classDescriptions: readonly ClassDescription[] = [
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

/** The classes, with sentences for them. */
export const cifar10Classes = {
  classNames: [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
  ],
  templates: [
    "a photo of a {}",
    "a picture of a {}",
    "an image of a {}",
    "a small photo of a {}",
    "a blurry photo of the {}",
    "a close picture of the {}",
    "a photo of one {}",
  ],
  classDescriptions,
} as const;
