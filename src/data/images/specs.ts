/** Plain descriptions of data sets of pictures; no code of Node here. */

import type { Split } from "../dataset.ts";

/** How pictures are brought into memory; part of a data set's plain description. */
export interface StoreOptions {
  /** 3 for red, green, blue (the default), 1 for grey. */
  readonly channels?: 1 | 3;
  /** Side of the square to which all pictures are resized, pixels; by default they stay as they are. */
  readonly size?: number;
  /** At a picture that cannot be decoded: "stop" (the default), or "skip", which counts and tells. */
  readonly onBroken?: "stop" | "skip";
  /** Most bytes of decoded pictures, by default 2^32. */
  readonly maxBytes?: number;
}

/** CIFAR-10 in `<root>/cifar10/`. */
export interface Cifar10Spec extends Pick<StoreOptions, "onBroken"> {
  readonly name: "cifar10";
  readonly split: Split;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
  /** Training images set aside as the validation split, by default 5000. */
  readonly validationSize?: number;
}

/** Flickr8k in `<root>/flickr8k/`. */
export interface Flickr8kSpec extends Pick<StoreOptions, "size" | "onBroken"> {
  readonly name: "flickr8k";
  readonly split: Split;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
  /** "none" (the default) leaves the set without classes; "scenes" derives eight from the captions. */
  readonly labels?: "none" | "scenes";
}

/** How domains are set apart; part of a data set's plain description. */
export interface DomainSplitOptions {
  /** The domains to open, by default all but `testDomains`, and for the test split `testDomains`. */
  readonly domains?: readonly string[];
  /** Domains of which training and validation see nothing; the test split is all of them. */
  readonly testDomains?: readonly string[];
  /** Part of each domain that is set aside for validation, in [0, 1), by default 0.2. */
  readonly validationFraction?: number;
  /** Draws the part set aside anew, by default 0. */
  readonly splitSeed?: number;
}

/** PACS in `<root>/pacs/`; arXiv:1710.03077. */
export interface PacsSpec extends DomainSplitOptions, Pick<StoreOptions, "size" | "onBroken"> {
  readonly name: "pacs";
  readonly split: Split;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
}

/**
 * `folder/class/picture`, or with `layout: "domain/class"` `folder/domain/class/picture`. Where the
 * folder has a `train` folder, it and those named `validation` (or `val`) and `test` are the splits.
 */
export interface ImageFolderSpec extends DomainSplitOptions, StoreOptions {
  readonly name: "image-folder";
  readonly split: Split;
  readonly folder: string;
  /** By default "class". */
  readonly layout?: "class" | "domain/class";
  /** Pictures set aside where validation has no folder, by default a tenth of them; layout "class". */
  readonly validationSize?: number;
  /** Pictures set aside where test has no folder, by default a tenth of them; layout "class". */
  readonly testSize?: number;
}

/** Where a list keeps its pictures and captions; by default known names are looked for. */
export interface CaptionColumns {
  readonly image?: string;
  /** By default "base64" where the column's name says so (`b64`, `base64`), else "path". */
  readonly encoding?: "path" | "base64";
  /** One column, or several with a caption each. */
  readonly captions?: string | readonly string[];
}

/** A folder of pictures and the lists of their captions. */
export interface CaptionedImagesSpec extends StoreOptions {
  readonly name: "captioned-images";
  readonly split: Split;
  readonly folder: string;
  /**
   * A list or Parquet file per split, within the folder; rows of missing splits come from `train`. By
   * default Parquet files such as train-00000-of-00001.parquet, else the first of `captions` and
   * `metadata` that is there with the ending .csv, .tsv, .jsonl or .parquet.
   */
  readonly files?: { readonly train: string } & Readonly<Partial<Record<Split, string>>>;
  readonly columns?: CaptionColumns;
  /** Pictures of `train` set aside where validation has no list, by default a tenth of them. */
  readonly validationSize?: number;
  /** Pictures of `train` set aside where test has no list, by default a tenth of them. */
  readonly testSize?: number;
  /** Which pictures are set aside, by default 0. */
  readonly splitSeed?: number;
}
