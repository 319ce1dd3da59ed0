/** Pictures in folders named by their class, or by their domain and class. */

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { defined } from "../../graph/defined.ts";
import { UserError, usageError } from "../../graph/errors.ts";
import type { ImageDataset, Split } from "../dataset.ts";
import { defineDataset } from "../define-dataset.ts";
import { count, domainKeys } from "../settings/files.ts";
import { imageKeys, pictureKeys, squareImages } from "../settings/image.ts";
import { splitSpec } from "../settings/split-spec.ts";
import { captionKeys } from "../settings/text.ts";
import { splitRows } from "../text/split.ts";
import { type DomainSplitOptions, domainMembers } from "./domain-splits.ts";
import { pictureFiles, readPicture, subfolders } from "./folder-files.ts";
import { type EncodedSample, type StoreHooks, type StoreOptions, storeImages } from "./store.ts";

/**
 * `folder/class/picture`, or with `layout: "domain/class"` `folder/domain/class/picture`. If the
 * folder has a `train` folder, then `train`, `validation` (or `val`) and `test` are the splits.
 */
export interface ImageFolderSpec extends DomainSplitOptions, StoreOptions {
  readonly name: "image-folder";
  readonly split: Split;
  readonly folder: string;
  /** By default "class". */
  readonly layout?: "class" | "domain/class";
  /** Pictures set aside if there is no validation folder, by default a tenth; layout "class". */
  readonly validationSize?: number;
  /** Pictures set aside if there is no test folder, by default a tenth; layout "class". */
  readonly testSize?: number;
}

interface Listed {
  /** Path relative to the folder. */
  readonly path: string;
  readonly className: string;
  readonly domain?: string;
}

const splitFolders = {
  train: ["train"],
  validation: ["validation", "val"],
  test: ["test"],
} as const;

/**
 * Opens a split of a folder of pictures. Classes are the names of all class folders, sorted.
 *
 * A folder without split folders is divided by `validationSize` and `testSize` (layout "class"), or by
 * `testDomains` and `validationFraction` (layout "domain/class"). A folder with `train` but without
 * `validation` sets aside `validationSize` pictures of `train`.
 *
 * @throws UserError for a missing or empty folder, or classes that training lacks
 *
 * @example
 * const set = await openImageFolder({ name: "image-folder", split: "train", folder: "pets", size: 64 });
 */
export async function openImageFolder(
  spec: ImageFolderSpec,
  hooks: StoreHooks = {},
): Promise<ImageDataset> {
  const { name, split, folder } = spec;
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw usageError(`${folder} is not a folder; set data.folder to the folder of pictures`);
  }
  const given = existsSync(join(folder, "train"));
  const base = given ? findSplit(folder, split) : "";
  const listed = await list(folder, base, spec.layout ?? "class");
  if (listed.length === 0) {
    throw new UserError(
      `${join(folder, base)} has no pictures in ${spec.layout ?? "class"} folders`,
    );
  }
  // Class numbers come from the training folder, so that all splits agree.
  const naming =
    given && base !== "train" ? await list(folder, "train", spec.layout ?? "class") : listed;
  const classNames = [...new Set(naming.map(({ className }) => className))].sort();
  const members = membersOf(spec, listed, given, base);
  async function* samples(): AsyncGenerator<EncodedSample> {
    for (const member of members) {
      const { path, className, domain } = listed[member]!;
      const label = classNames.indexOf(className);
      if (label < 0) {
        throw new UserError(
          `${join(folder, path)}: the training pictures have no class ${className}`,
        );
      }
      const source = join(folder, path);
      const read = (): Promise<Uint8Array> => readPicture(folder, path);
      yield { source, label, read, ...defined({ domain }) };
    }
  }
  const encoded = { name, split, classNames, length: members.length, samples: samples() };
  return storeImages(encoded, spec, hooks);
}

function findSplit(folder: string, split: Split): string {
  const found = splitFolders[split].find((one) => existsSync(join(folder, one)));
  if (found !== undefined) return found;
  if (split === "validation") return "train";
  throw usageError(`${folder} has a train folder but no ${split} folder; add it`);
}

async function list(
  folder: string,
  base: string,
  layout: "class" | "domain/class",
): Promise<Listed[]> {
  if (layout === "class") return listClasses(folder, base);
  const domains = await subfolders(join(folder, base));
  const parts = domains.map(async (domain) =>
    (await listClasses(folder, join(base, domain))).map((one) => ({ ...one, domain })),
  );
  return (await Promise.all(parts)).flat();
}

async function listClasses(folder: string, base: string): Promise<Listed[]> {
  const classes = await subfolders(join(folder, base));
  const parts = classes.map(async (className) => {
    const files = await pictureFiles(join(folder, base, className));
    return files.map((file) => ({ path: join(base, className, file), className }));
  });
  return (await Promise.all(parts)).flat();
}

function membersOf(
  spec: ImageFolderSpec,
  listed: readonly Listed[],
  given: boolean,
  base: string,
): Uint32Array {
  const { name, split, layout = "class" } = spec;
  const total = listed.length;
  if (layout === "domain/class" && !given) {
    return domainMembers(
      name,
      split,
      listed.map((one) => one.domain!),
      spec,
    );
  }
  const ownValidation = splitFolders.validation.some((one) => existsSync(join(spec.folder, one)));
  if (given && (base !== "train" || ownValidation)) {
    return Uint32Array.from({ length: total }, (_, index) => index);
  }
  const aside = Math.floor(total / 10);
  return splitRows(name, split, total, {
    validationSize: spec.validationSize ?? aside,
    testSize: given ? 0 : (spec.testSize ?? aside),
    seed: spec.splitSeed ?? 0,
  });
}

/** The definition of image folders. */
export const imageFolder = defineDataset({
  name: "image-folder",
  kind: "image",
  title: "Image folder",
  description: "your own pictures, in class/ or domain/class/ folders",
  terms: "yours",
  splits: {},
  classNames: [],
  files: [],
  place: "name the folder that holds the class folders with data.folder",
  schema: z.strictObject({
    name: z.literal("image-folder"),
    folder: z.string(),
    layout: z.enum(["class", "domain/class"]).default("class"),
    validation_size: count,
    test_size: count,
    ...domainKeys,
    ...captionKeys,
    ...pictureKeys,
    ...imageKeys,
  }),
  spec: splitSpec,
  open: openImageFolder,
  describe: ({ size }) => squareImages(size),
  hasTestSplit: ({ folder, layout, testDomains }) =>
    layout === "class" || testDomains !== undefined || existsSync(join(folder, "train")),
  domains({ folder, layout }) {
    if (layout === "domain/class") return subfolders(folder);
    throw usageError(
      "data.name image-folder has domains only if data.layout is domain/class; set that layout",
    );
  },
});
