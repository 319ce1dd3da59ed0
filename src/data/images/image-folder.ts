/** Pictures in folders named by their class, or by their domain and class. */

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { defined } from "../../graph/defined.ts";
import { usageError } from "../../graph/errors.ts";
import { createDataReport, type DataReport, withReport } from "../data-report.ts";
import type { ImageDataset, Split } from "../dataset.ts";
import { defineDataset } from "../define-dataset.ts";
import { count, domainKeys } from "../settings/files.ts";
import { folderKeys, imageKeys, pictureKeys, squareImages } from "../settings/image.ts";
import { splitSpec } from "../settings/split-spec.ts";
import { captionKeys } from "../settings/text.ts";
import { readPicture, subfolders } from "./folder-files.ts";
import { type FolderPlan, planSplit } from "./plan-folder.ts";
import { findSplitFolders } from "./split-folders.ts";
import { type EncodedSample, type StoreHooks, type StoreOptions, storeInto } from "./store.ts";

/**
 * `folder/class/picture`, or with `layout: "domain/class"` `folder/domain/class/picture`; pictures lie
 * at any depth below a class folder. If the folder has a `train` folder with class folders, its folders
 * are the splits: `train`, `validation` (or `valid`, `val`, `dev`, `eval`) and `test`, in any case.
 */
export interface ImageFolderSpec extends Omit<FolderPlan, "name">, StoreOptions {
  readonly name: "image-folder";
  readonly split: Split;
  readonly folder: string;
  /** By default "class". */
  readonly layout?: "class" | "domain/class";
  /** Pictures set aside if there is no validation folder, by default a tenth; layout "class". */
  readonly validationSize?: number;
  /**
   * Pictures set aside if test has no folder; layout "class". By default a tenth of them, and none if
   * there are folders of splits.
   */
  readonly testSize?: number;
}

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
  checkFolder(folder);
  return withReport(`${name} ${split}`, hooks, async (report) => {
    const { classNames, pictures } = await planSplit(spec, split, report);
    noteTestSplit(spec, report);
    const labels = new Map(classNames.map((className, label) => [className, label]));
    async function* samples(): AsyncGenerator<EncodedSample> {
      for (const { path, className, domain } of pictures) {
        const read = (): Promise<Uint8Array> => readPicture(folder, path, spec);
        const label = labels.get(className)!;
        yield { source: join(folder, path), label, read, ...defined({ domain }) };
      }
    }
    const encoded = { name, split, classNames, length: pictures.length, samples: samples() };
    return storeInto(encoded, spec, hooks, report);
  });
}

function noteTestSplit({ folder, split, testSize }: ImageFolderSpec, report: DataReport): void {
  const given = findSplitFolders(folder);
  if (split !== "train" || given === undefined || given.test || testSize !== undefined) return;
  report.warn(
    `${folder} has no test folder, so there are no test scores; add one, or set data.test_size to set pictures of ${given.train} aside`,
  );
}

function checkFolder(folder: string): void {
  if (existsSync(folder) && statSync(folder).isDirectory()) return;
  throw usageError(`${folder} is not a folder; set data.folder to the folder of pictures`);
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
    name: z.literal("image-folder").describe("Name of the data set."),
    ...folderKeys,
    layout: z
      .enum(["class", "domain/class"])
      .default("class")
      .describe("Whether classes are the outer folders, or lie in one folder per domain."),
    validation_size: count.describe("Samples of the validation split."),
    test_size: count.describe("Samples of the test split."),
    ...domainKeys,
    ...captionKeys,
    ...pictureKeys,
    ...imageKeys,
  }),
  spec: splitSpec,
  open: openImageFolder,
  describe: (settings) => squareImages(settings),
  hasTestSplit: ({ folder, layout, testDomains, testSize }) => {
    const given = findSplitFolders(folder);
    if (given !== undefined) return given.test !== undefined || testSize !== undefined;
    return layout === "class" || testDomains !== undefined;
  },
  async check(spec) {
    checkFolder(spec.folder);
    await planSplit(spec, spec.split, createDataReport(spec.name));
  },
  domains({ folder, layout, followLinks }) {
    if (layout === "domain/class") return subfolders(folder, { followLinks });
    throw usageError(
      "data.name image-folder has domains only if data.layout is domain/class; set that layout",
    );
  },
});
