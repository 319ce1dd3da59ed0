/** PACS: pictures of seven classes in four domains (art_painting, cartoon, photo, sketch), from Parquet. */

import { join } from "node:path";
import * as z from "zod";
import { defined } from "../../graph/defined.ts";
import type { ImageDataset, Split } from "../dataset.ts";
import { defineDataset } from "../define-dataset.ts";
import { dataRoot } from "../read-gzipped.ts";
import { domainKeys, root } from "../settings/files.ts";
import { imageKeys, pictureKeys, squareImages } from "../settings/image.ts";
import { splitSpec } from "../settings/split-spec.ts";
import { captionKeys } from "../settings/text.ts";
import { checkLabel, openShards } from "../shards.ts";
import { type DomainSplitOptions, domainMembers } from "./domain-splits.ts";
import { type EncodedSample, type StoreHooks, type StoreOptions, storeImages } from "./store.ts";

/** PACS in `<root>/pacs/`; arXiv:1710.03077. */
export interface PacsSpec
  extends DomainSplitOptions,
    Pick<StoreOptions, "size" | "resize" | "channels" | "onBroken"> {
  readonly name: "pacs";
  readonly split: Split;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
}

const classNames = ["dog", "elephant", "giraffe", "guitar", "horse", "house", "person"] as const;
const place =
  "put the Parquet file of flwrlabs/pacs on the Hugging Face hub into pacs/ within the data root";
const limits = { maxRows: 1e5, hint: place } as const;

/**
 * Opens a split of PACS: a fraction of each opened domain is for validation and the rest for training;
 * `testDomains` are the test split.
 *
 * @example
 * const test = await openPacs({ name: "pacs", split: "test", testDomains: ["sketch"] }); // 3,929
 */
export async function openPacs(spec: PacsSpec, hooks: StoreHooks = {}): Promise<ImageDataset> {
  const { name, split } = spec;
  const domains = await readDomains(spec.root);
  const members = domainMembers(name, split, domains, spec);
  const wanted = new Set(members);
  const columns = { "image.bytes": "bytes", label: "integer" } as const;
  const shards = await openShards(folderOf(spec.root), "train", columns, limits);
  async function* samples(): AsyncGenerator<EncodedSample> {
    for await (const { row, index, source } of shards.rows()) {
      if (!wanted.has(index)) continue;
      const label = checkLabel(row.label, classNames.length, source);
      yield { source, label, domain: domains[index]!, read: () => row["image.bytes"] };
    }
  }
  const encoded = { name, split, classNames, length: members.length, samples: samples() };
  return storeImages(encoded, spec, hooks);
}

function folderOf(root: string | undefined): string {
  return join(dataRoot(root), "pacs");
}

/** The domain of every picture, in the order of the file. */
async function readDomains(root: string | undefined): Promise<string[]> {
  const domains: string[] = [];
  const listing = await openShards(folderOf(root), "train", { domain: "string" }, limits);
  for await (const { row } of listing.rows()) domains.push(row.domain);
  return domains;
}

/** The definition of PACS. */
export const pacs = defineDataset({
  name: "pacs",
  kind: "image",
  title: "PACS",
  description:
    "art paintings, cartoons, photos and sketches of 7 classes, for domain generalisation",
  terms: "none stated; research use",
  homepage: "https://sketchx.eecs.qmul.ac.uk/downloads",
  splits: { train: 9991 },
  classNames,
  templates: [
    "a photo of a {}",
    "a painting of a {}",
    "a cartoon of a {}",
    "a sketch of a {}",
    "a picture of a {}",
  ],
  files: [],
  place,
  schema: z.strictObject({
    name: z.literal("pacs").describe("Name of the data set."),
    root,
    ...domainKeys,
    ...captionKeys,
    ...pictureKeys,
    ...imageKeys,
  }),
  spec: splitSpec,
  open: openPacs,
  describe: (settings) => ({ classNames, ...squareImages(settings) }),
  hasTestSplit: ({ testDomains }) => testDomains !== undefined,
  domains: async ({ root }) => [...new Set(await readDomains(root))].sort(),
  optionsForModel: ({ root, size, resize, onBroken }) => ({
    size,
    resize,
    onBroken,
    ...defined({ root }),
  }),
});
