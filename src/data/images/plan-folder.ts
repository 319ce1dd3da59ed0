/** Lists the pictures of an image folder and divides them among the splits. */

import { join } from "node:path";
import { UserError, usageError } from "../../graph/errors.ts";
import type { DataReport } from "../data-report.ts";
import type { Split } from "../dataset.ts";
import { splitRows } from "../text/split.ts";
import { type DomainSplitOptions, domainMembers } from "./domain-splits.ts";
import {
  type FolderOptions,
  picturesBelow,
  reportLoosePictures,
  subfolders,
} from "./folder-files.ts";
import { findSplitFolders } from "./split-folders.ts";

/** What the folders mean. */
export type FolderLayout = "class" | "domain/class";

/** The folder and how it is divided. */
export interface FolderPlan extends DomainSplitOptions, FolderOptions {
  readonly name: string;
  readonly folder: string;
  readonly layout?: FolderLayout;
  readonly validationSize?: number;
  readonly testSize?: number;
}

/** One picture of a folder. */
export interface ListedPicture {
  /** Path from the folder on. */
  readonly path: string;
  readonly className: string;
  readonly domain?: string;
}

/** The pictures of a split, in order. */
export interface PlannedSplit {
  /** The names of all class folders of the training pictures, sorted. */
  readonly classNames: readonly string[];
  readonly pictures: readonly ListedPicture[];
}

/**
 * The pictures of a split and their classes, without reading them.
 *
 * @throws UserError for a split that is empty or absent, or a class that the training pictures lack
 */
export async function planSplit(
  plan: FolderPlan,
  split: Split,
  report: DataReport,
): Promise<PlannedSplit> {
  const { folder, layout = "class" } = plan;
  const given = findSplitFolders(folder);
  const base = given === undefined ? "" : (given[split] ?? given.train);
  if (given !== undefined) await reportOthers(plan, Object.values(given), report);
  const listed = await list(plan, base, report);
  if (listed.length === 0) {
    throw new UserError(`${join(folder, base)} has no pictures in ${layout} folders`);
  }
  // All splits must number the classes alike, so the training folder determines them.
  const isTraining = given === undefined || base === given.train;
  const naming = isTraining ? listed : await list(plan, given.train, undefined);
  const classNames = [...new Set(naming.map(({ className }) => className))].sort();
  const known = new Set(classNames);
  const stranger = listed.find(({ className }) => !known.has(className));
  if (stranger !== undefined) {
    throw new UserError(
      `${join(folder, stranger.path)}: the training pictures have no class ${stranger.className}; their classes are ${shorten(classNames)}`,
    );
  }
  const members = membersOf(plan, split, listed, given);
  return { classNames, pictures: Array.from(members, (member) => listed[member]!) };
}

function shorten(names: readonly string[]): string {
  return names.slice(0, 20).join(", ") + (names.length > 20 ? ", ..." : "");
}

/** Folders and pictures beside the folders of the splits. */
async function reportOthers(
  { folder, ...options }: FolderPlan,
  own: readonly string[],
  report: DataReport,
): Promise<void> {
  for (const name of await subfolders(folder, options)) {
    if (own.includes(name)) continue;
    report.skip("folders", "they are not folders of splits", join(folder, name));
  }
  await reportLoosePictures(folder, report, options);
}

async function list(
  plan: FolderPlan,
  base: string,
  report: DataReport | undefined,
): Promise<ListedPicture[]> {
  if ((plan.layout ?? "class") === "class") return listClasses(plan, base, report);
  if (report !== undefined) await reportLoosePictures(join(plan.folder, base), report, plan);
  const found: ListedPicture[] = [];
  for (const domain of await subfolders(join(plan.folder, base), plan)) {
    const inside = await listClasses(plan, join(base, domain), report);
    for (const one of inside) found.push({ ...one, domain });
  }
  return found;
}

/** The pictures at any depth below each class folder. */
async function listClasses(
  plan: FolderPlan,
  base: string,
  report: DataReport = unread,
): Promise<ListedPicture[]> {
  const place = join(plan.folder, base);
  const found: ListedPicture[] = [];
  for (const className of await subfolders(place, plan)) {
    const files = await picturesBelow(join(place, className), report, plan);
    if (files.length === 0)
      report.skip("folders", "they contain no pictures", join(place, className));
    for (const file of files) found.push({ path: join(base, className, file), className });
  }
  await reportLoosePictures(place, report, plan);
  return found;
}

/** A report that nobody reads, for folders that another reader reports. */
const unread: DataReport = { skip: () => {}, warn: () => {}, items: () => [] };

function membersOf(
  plan: FolderPlan,
  split: Split,
  listed: readonly ListedPicture[],
  given: ReturnType<typeof findSplitFolders>,
): Uint32Array {
  const { name, folder, layout = "class" } = plan;
  const total = listed.length;
  if (layout === "domain/class" && given === undefined) {
    const domains = listed.map(({ domain }) => domain!);
    return domainMembers(name, split, domains, plan);
  }
  const all = Uint32Array.from({ length: total }, (_, index) => index);
  if (given === undefined) {
    const aside = Math.floor(total / 10);
    const { validationSize = aside, testSize = aside, splitSeed: seed = 0 } = plan;
    return splitRows(name, split, total, { validationSize, testSize, seed });
  }
  if (split !== "train" && given[split] !== undefined) return all;
  if (split === "test" && plan.testSize === undefined) {
    throw usageError(
      `${folder} has a ${given.train} folder but no test folder; add it, or set data.test_size to set pictures of ${given.train} aside`,
    );
  }
  const validationSize = given.validation ? 0 : (plan.validationSize ?? Math.floor(total / 10));
  const testSize = given.test ? 0 : (plan.testSize ?? 0);
  if (validationSize + testSize === 0) return all;
  return splitRows(name, split, total, { validationSize, testSize, seed: plan.splitSeed ?? 0 });
}
