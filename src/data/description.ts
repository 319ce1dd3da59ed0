/** Descriptions of what `moesaic data` lists: data sets and other files, with their terms and sources. */

import type { Split } from "./dataset.ts";

/** A file of the publisher, with the checksum that the publisher states. */
export interface RemoteFile {
  readonly name: string;
  readonly url: string;
  readonly bytes: number;
  readonly md5: string;
}

/** Files that users download or put in place, in a folder of that name. */
export interface ResourceDescription {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly terms: string;
  readonly homepage?: string;
  /** Files to download; empty for a set that is generated, or that users put in place. */
  readonly files: readonly RemoteFile[];
  /** How users put the files in place, if they are not downloaded. */
  readonly place?: string;
}

/** The description of a data set. */
export interface DatasetDescription extends ResourceDescription {
  /** Samples in each of the publisher's splits; validation is taken from train. */
  readonly splits: Readonly<Partial<Record<Split, number>>>;
  /** Names of the classes in label order; empty if the settings or the files name them. */
  readonly classNames: readonly string[];
}

/** A phrase for a class, its usual place or use, and how it looks. */
export type ClassDescription = readonly [name: string, usual: string, looks: string];
