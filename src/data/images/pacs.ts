/** PACS: pictures of seven classes in four domains (art_painting, cartoon, photo, sketch), from Parquet. */

import { join } from "node:path";
import type { ImageDataset } from "../dataset.ts";
import { dataRoot } from "../read-gzipped.ts";
import { pacs } from "./descriptions.ts";
import { domainMembers } from "./domain-splits.ts";
import { checkLabel, openShards } from "./shards.ts";
import type { PacsSpec } from "./specs.ts";
import { type EncodedSample, type StoreHooks, storeImages } from "./store.ts";

const limits = { maxRows: 1e5, hint: pacs.place } as const;

/**
 * Opens a split of PACS: part of the opened domains for training, the rest of them for validation,
 * all of `testDomains` for the test.
 *
 * @example
 * const test = await openPacs({ name: "pacs", split: "test", testDomains: ["sketch"] }); // 3,929
 */
export async function openPacs(spec: PacsSpec, hooks: StoreHooks = {}): Promise<ImageDataset> {
  const { name, split } = spec;
  const folder = join(dataRoot(spec.root), name);
  const domains: string[] = [];
  const listing = await openShards(folder, "train", { domain: "string" }, limits);
  for await (const { row } of listing.rows()) domains.push(row.domain);
  const members = domainMembers(name, split, domains, spec);
  const wanted = new Set(members);
  const columns = { "image.bytes": "bytes", label: "integer" } as const;
  const shards = await openShards(folder, "train", columns, limits);
  const { classNames } = pacs;
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
