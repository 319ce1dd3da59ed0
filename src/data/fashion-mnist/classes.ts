/** The classes of MNIST and Fashion-MNIST, and sentences for them. */
import type { ClassDescription } from "../description.ts";

const clothes: readonly ClassDescription[] = [
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

/** The classes of Fashion-MNIST, with sentences for them. */
export const fashionMnistClasses = {
  classNames: [
    "T-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
  ],
  templates: ["a photo of a {}", "a picture of a {}, a piece of clothing", "a grey {}"],
  classDescriptions: clothes,
} as const;

/** The classes of MNIST, with sentences for them. */
export const mnistClasses = {
  classNames: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
  templates: ["the digit {}", "a handwritten {}", "a picture of the number {}"],
} as const;
