/** Plain descriptions of MNIST in several domains; importable from browsers. */
import type { Split } from "../dataset.ts";
import type { DomainSplitOptions } from "../images/domain-splits.ts";

/** Angles of the domains of the rotated sets, degrees counter-clockwise. */
export const rotations = ["0", "15", "30", "45", "60", "75"] as const;

/** Domains of the coloured sets: the correlation of colour and label. */
export const colorings = ["+90%", "+80%", "-90%"] as const;

/** The IDX files from which each set is built. */
export const mnistSources = {
  "rotated-mnist": "mnist",
  "rotated-fashion-mnist": "fashion-mnist",
  "colored-mnist": "mnist",
  "colored-fashion-mnist": "fashion-mnist",
} as const;

/** The name of a rotated or coloured set. */
export type MnistDomainsName = keyof typeof mnistSources;

/** MNIST or Fashion-MNIST rotated or coloured, from the files in `<root>/mnist/` or `fashion-mnist/`. */
export interface MnistDomainsSpec<Name extends MnistDomainsName = MnistDomainsName>
  extends DomainSplitOptions {
  readonly name: Name;
  readonly split: Split;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
  /** Number of images, drawn from all; by default all 70,000. */
  readonly samples?: number;
}
