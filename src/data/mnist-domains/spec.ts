/** Plain descriptions of MNIST in several domains; no code of Node here. */
import type { Split } from "../dataset.ts";
import type { DomainSplitOptions } from "../images/specs.ts";

/** Angles of the domains of the rotated sets, degrees counter-clockwise. */
export const rotations = ["0", "15", "30", "45", "60", "75"] as const;

/** Domains of the coloured sets: how far colour and label go together. */
export const colorings = ["+90%", "+80%", "-90%"] as const;

/** The IDX files that each set is made of. */
export const mnistSources = {
  "rotated-mnist": "mnist",
  "rotated-fashion-mnist": "fashion-mnist",
  "colored-mnist": "mnist",
  "colored-fashion-mnist": "fashion-mnist",
} as const;

/** MNIST or Fashion-MNIST rotated or coloured, from the files in `<root>/mnist/` or `fashion-mnist/`. */
export interface MnistDomainsSpec extends DomainSplitOptions {
  readonly name: keyof typeof mnistSources;
  readonly split: Split;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
  /** Images used, drawn from all; by default all 70,000. */
  readonly samples?: number;
}
