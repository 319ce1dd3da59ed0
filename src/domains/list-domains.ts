/** Lists the domains of a configuration's data. */
import { join } from "node:path";
import { subfolders } from "../data/images/folder-files.ts";
import { openShards } from "../data/images/shards.ts";
import { colorings, rotations } from "../data/mnist-domains/spec.ts";
import { dataRoot } from "../data/read-gzipped.ts";
import { datasets } from "../data/registry.ts";
import { domainNames } from "../data/shapes/spec.ts";
import { usageError } from "../graph/errors.ts";
import type { TrainConfig } from "../recipe/config.ts";

/**
 * The domains of the data: `domains` of the configuration if given, otherwise all, sorted if they come
 * from file names.
 *
 * @throws UserError (exit code 2) for a set without domains
 */
export async function listDomains(data: TrainConfig["data"]): Promise<string[]> {
  if ("domains" in data && data.domains !== undefined) return [...data.domains];
  switch (data.name) {
    case "shapes":
      return [...domainNames];
    case "rotated-mnist":
    case "rotated-fashion-mnist":
      return [...rotations];
    case "colored-mnist":
    case "colored-fashion-mnist":
      return [...colorings];
    case "pacs": {
      const folder = join(dataRoot(data.root), data.name);
      const limits = { maxRows: 1e5, hint: datasets.pacs.place! };
      const names = new Set<string>();
      const shards = await openShards(folder, "train", { domain: "string" }, limits);
      for await (const { row } of shards.rows()) names.add(row.domain);
      return [...names].sort();
    }
    case "image-folder":
      if (data.layout === "domain/class") return subfolders(data.folder);
  }
  throw usageError(
    `data.name ${data.name} has no domains to leave out; choose pacs, shapes, rotated-mnist, colored-mnist (or of fashion-mnist), or image-folder with data.layout domain/class`,
  );
}
