/** The coloured domains: a binary label that the digit predicts in three of four cases, and a colour. */
import { foldIn, type Key, uniform } from "../../random/index.ts";

/** Probability that the label is flipped. */
const LABEL_NOISE = 0.25;

/** Probability that the colour differs from the label, by domain. */
const flips: Readonly<Record<string, number>> = { "+90%": 0.1, "+80%": 0.2, "-90%": 0.9 };

/** The two classes of the coloured sets, in label order. */
export const colorClasses = ["classes 5 to 9", "classes 0 to 4"] as const;

/**
 * Label and colour of one image (arXiv:1907.02893, section 5.2, with the chances of DomainBed).
 *
 * `label = (class < 5) xor Bernoulli(0.25)`, `color = label xor Bernoulli(e)`, e by domain.
 *
 * @returns `color` 0 is red, 1 is green
 */
export function colorLabel(
  key: Key,
  classIndex: number,
  domain: string,
): { readonly label: 0 | 1; readonly color: 0 | 1 } {
  const [first, second] = uniform(foldIn(key, "color"), 2);
  const label = flip(classIndex < 5 ? 1 : 0, first! < LABEL_NOISE);
  return { label, color: flip(label, second! < flips[domain]!) };
}

/**
 * A grey image as red, green and blue, with all but one channel empty. DomainBed has no third channel;
 * here it exists, but is empty, so that images can be displayed.
 */
export function colorImage(image: Uint8Array, color: 0 | 1): Uint8Array {
  const out = new Uint8Array(image.length * 3);
  for (let at = 0; at < image.length; at++) out[at * 3 + color] = image[at]!;
  return out;
}

function flip(value: 0 | 1, flipped: boolean): 0 | 1 {
  return flipped ? (value === 0 ? 1 : 0) : value;
}
